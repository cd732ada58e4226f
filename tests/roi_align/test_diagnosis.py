"""The cause of a fault in words, with a box to look at."""

from functools import partial

import torch
from torchvision.ops import roi_align

from rehead.roi_align.agreement import Operator, compare_with_reference
from rehead.roi_align.cases import Cases
from rehead.roi_align.diagnosis import explain_operator, explain_pooler
from rehead.roi_align.guard import GuardedRoIAlign
from tests.roi_align.mistakes import clamping_at_the_border, half_a_pixel_off, swapping_axes, without_gradient


def explain(operator: Operator, cases: Cases) -> list[str]:
    found = compare_with_reference({"it": operator}, cases, device=torch.device("cpu"), settings=[(False, 2)])
    return explain_operator(operator, cases, [difference for difference in found if not difference.within])


def test_half_a_pixel_is_told_as_a_shift_along_both_axes(few: Cases) -> None:
    (line,) = explain(half_a_pixel_off, few)
    assert "'bins of whole pixels'" in line or "'random box" in line
    assert "+0.5 feature pixels along x and +0.5 along y beside their place" in line


def test_another_border_rule_is_told_with_a_box_at_the_border(few: Cases) -> None:
    (line,) = explain(clamping_at_the_border, few)
    assert "another border rule" in line
    assert "every box inside the map is right" in line


def test_a_mistake_of_no_known_kind_is_left_to_the_numbers(few: Cases) -> None:
    assert (explain(swapping_axes, few), explain(without_gradient, few)) == ([], [])


def test_nothing_wrong_has_no_cause(few: Cases) -> None:
    assert explain(roi_align, few) == []


def test_a_wrong_level_is_told_with_the_strides() -> None:
    (line,) = explain_pooler("it", partial(GuardedRoIAlign, canonical_level=5), seed=0)
    assert line == (
        "it: '64 pixels wide' is read from the level of stride 8 in place of 4, and 15 more boxes from another level "
        "than theirs"
    )


def test_a_pooler_that_is_right_has_no_cause() -> None:
    assert explain_pooler("it", GuardedRoIAlign, seed=0) == []
