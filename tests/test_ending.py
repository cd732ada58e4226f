"""A signal to end: what it is told as, and how it is held back while a step is finished."""

import signal
import subprocess
import sys

import pytest

from rehead.stage import Ending


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)],
    ids=lambda value: str(value),
)
def test_each_signal_to_end_has_its_exit_status(number: signal.Signals, status: int) -> None:
    with pytest.raises(SystemExit) as left, Ending().listening():
        signal.raise_signal(number)
    assert left.value.code == status


def test_a_signal_that_is_held_back_is_obeyed_when_the_block_ends() -> None:
    ending, done = Ending(), False
    with pytest.raises(SystemExit) as left, ending.listening(), ending.held_back():  # noqa: PT012
        signal.raise_signal(signal.SIGTERM)
        assert ending.status == 143
        done = True
    assert (done, left.value.code) == (True, 143)


def test_a_second_signal_ends_at_once() -> None:
    ending = Ending(echo=0.0)
    with pytest.raises(SystemExit) as left, ending.listening(), ending.held_back():  # noqa: PT012
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("it went on")
    assert left.value.code == 130


def test_the_same_signal_by_two_ways_is_one() -> None:
    ending, done = Ending(), False
    with pytest.raises(SystemExit), ending.listening(), ending.held_back():  # noqa: PT012
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGTERM)
        done = True
    assert (done, ending.status) == (True, 129)


def test_a_signal_that_the_process_was_started_to_ignore_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        ending = Ending()
        with ending.listening():
            signal.raise_signal(signal.SIGHUP)
        assert ending.status is None
    finally:
        signal.signal(signal.SIGHUP, before)


_ECHO = """
import os, signal
from rehead.stage import Ending, run

class Late:
    def __del__(self, kill=os.kill, me=os.getpid()):
        kill(me, 2)

late = Late()

def main() -> None:
    with Ending().listening():
        signal.raise_signal(signal.SIGINT)

run(main)
"""


def test_a_ctrl_c_that_comes_again_while_python_closes_leaves_the_status_as_it_was() -> None:
    assert subprocess.run([sys.executable, "-c", _ECHO], timeout=60).returncode == 130
