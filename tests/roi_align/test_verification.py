"""What all checks add up to: the installed operators agree, and a report says how closely."""

from dataclasses import replace

import pytest
import torch

from rehead.roi_align.agreement import DTYPES
from rehead.roi_align.cases import AgreementPlan
from rehead.roi_align.difference import Difference
from rehead.roi_align.hostile import Outcome
from rehead.roi_align.verification import OPERATOR, Verification, one_thread

GOOD = Difference(OPERATOR, "r", "float32", "cpu", "s", "inside", "values", 1e-7, "box")


def verification(*differences: Difference, causes: tuple[str, ...] = (), guarded: str = "refused") -> Verification:
    hostile = (Outcome("all NaN", bare="died of SIGSEGV", guarded=guarded),)
    return Verification(AgreementPlan(), 100, differences, causes, hostile, (), ())


def test_nothing_wrong_is_no_fault() -> None:
    assert verification(GOOD).faults == []


def test_the_cause_comes_before_its_numbers() -> None:
    lines = verification(replace(GOOD, max_abs=0.5), causes=("another border rule",)).faults
    assert [line[:19] for line in lines] == ["another border rule", "torchvision's roi_a"]


def test_an_input_that_gets_past_the_guard_is_a_fault() -> None:
    assert verification(guarded="died of SIGSEGV").faults == [
        "all NaN: the guarded pooler died of SIGSEGV, it must refuse"
    ]


def test_an_answer_that_cannot_be_compared_has_no_number() -> None:
    assert verification(replace(GOOD, max_abs=float("inf"))).as_dict()["max_abs_diff"] is None


def test_the_largest_difference_is_that_of_its_precision() -> None:
    found = verification(GOOD, replace(GOOD, dtype="float64", max_abs=1e-14))
    assert [found.largest(str(dtype).removeprefix("torch.")) for dtype in DTYPES] == [1e-7, 1e-14]


def test_the_threads_come_back() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), one_thread():
        _ = 1 / 0
    assert torch.get_num_threads() == before
