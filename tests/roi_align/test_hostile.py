"""Children that die, hang, raise or refuse, told apart by their parent."""

import os
import signal
import time

import pytest

from rehead.roi_align.hostile import EMPTY_MAP, HOSTILE_BOXES, Outcome, fate, try_hostile_inputs


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return try_hostile_inputs()


def test_the_guard_refuses_every_hostile_input(outcomes: list[Outcome]) -> None:
    assert {o.name: o.guarded for o in outcomes} == dict.fromkeys((*HOSTILE_BOXES, EMPTY_MAP), "refused")


def test_the_bare_operator_dies_of_a_nan(outcomes: list[Outcome]) -> None:
    assert next(o.bare for o in outcomes if o.name == "all NaN") == "died of SIGSEGV"


def test_a_child_that_dies_is_reported_with_its_signal() -> None:
    assert fate(lambda: os.kill(os.getpid(), signal.SIGABRT)) == "died of SIGABRT"


def test_a_child_that_comes_back_is_no_refusal() -> None:
    assert fate(lambda: None) == "returned"


def test_an_error_no_one_planned_is_no_refusal() -> None:
    assert fate(lambda: [][0]) == "raised"


def test_a_child_that_hangs_is_ended() -> None:
    begun = time.monotonic()
    assert fate(lambda: time.sleep(60), seconds=0.3) == "hung"
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("error", [ValueError, FloatingPointError])
def test_a_readable_error_is_a_refusal(error: type[Exception]) -> None:
    def refuse() -> None:
        raise error("box 3 is not finite")

    assert fate(refuse) == "refused"
