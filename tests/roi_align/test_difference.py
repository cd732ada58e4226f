"""The largest difference is found where it is, and told in the report."""

from dataclasses import replace

import numpy as np
import pytest

from rehead.roi_align.difference import Difference, faults, largest, largest_by_place, summarise

FOUND = Difference("it", "r", "float32", "cpu", "s", "inside", "values", 1e-7, "box")


def test_the_summary_keeps_the_largest_difference() -> None:
    larger = replace(FOUND, max_abs=1e-6)
    assert [entry["max_abs_diff"] for entry in summarise([FOUND, larger, FOUND])] == [1e-6]


def test_inside_and_border_are_told_apart() -> None:
    border, other = replace(FOUND, place="border", max_abs=1e-6), replace(FOUND, subject="other", max_abs=1.0)
    numbers = largest_by_place([FOUND, border, other], "it")
    assert numbers == {"float32": {"values": {"inside": 1e-7, "border": 1e-6}}}


def test_only_the_marked_rows_are_looked_at() -> None:
    found = largest(np.array([[5.0], [2.0]]), np.zeros((2, 1)), ("a", "b"), among=np.array([False, True]))
    assert found == (2.0, "b")


def test_nan_is_never_within() -> None:
    assert largest(np.array([[np.nan]]), np.zeros((1, 1)), ("a",)) == (float("inf"), "a")


def test_another_shape_is_said() -> None:
    assert largest(np.zeros((2, 3)), np.zeros((2, 1)), ("a", "b"))[1] == "shape (2, 3) in place of (2, 1)"


@pytest.mark.parametrize(("dtype", "what", "allowed"), [("float16", "values", 2**-4), ("float16", "gradients", 2**-6)])
def test_half_precision_has_tolerances_of_its_own(dtype: str, what: str, allowed: float) -> None:
    assert replace(FOUND, dtype=dtype, what=what).allowed == allowed


def test_the_largest_fault_comes_first() -> None:
    lines = faults([FOUND, replace(FOUND, max_abs=0.1), replace(FOUND, max_abs=0.2)])
    assert [" by 0.2 " in lines[0], " by 0.1 " in lines[1], len(lines)] == [True, True, 2]
