"""Deliberately wrong operators: each must be caught, and caught for the right reason."""

import pytest
import torch
from torchvision.ops import roi_align, roi_pool

from rehead.roi_align.agreement import (
    Operator,
    compare_batches,
    compare_half_precision,
    compare_roi_pool,
    compare_with_reference,
    compare_without_boxes,
)
from rehead.roi_align.cases import NAMED_BOXES, AgreementPlan, Cases, draw_cases
from rehead.roi_align.difference import Difference, faults
from rehead.roi_align.routes import compare_routes
from rehead.roi_align.verification import run_vectorised
from tests.roi_align.mistakes import (
    clamping_at_the_border,
    giving_nan,
    half_a_pixel_off,
    swapping_axes,
    without_gradient,
)

CPU = torch.device("cpu")


def compare(operator: Operator, cases: Cases) -> list[Difference]:
    """Compare in two of the eight settings, which is enough to catch what is wrong in all of them."""
    settings = [(False, 2), (True, 1)]
    return list(compare_with_reference({"it": operator}, cases, device=CPU, settings=settings))


def test_the_installed_and_the_vectorised_operator_agree_in_every_setting(few: Cases) -> None:
    operators = {"installed": roi_align, "vectorised": run_vectorised}
    assert faults(compare_with_reference(operators, few, device=CPU)) == []


@pytest.mark.parametrize("operator", [roi_align, run_vectorised])
def test_many_boxes_may_share_a_map(operator: Operator, cases: Cases) -> None:
    assert faults(compare_batches({"it": operator}, cases, device=CPU)) == []


def test_no_box_at_all_gives_nothing(few: Cases) -> None:
    assert faults(compare_without_boxes({"a": roi_align, "b": run_vectorised}, few, device=CPU)) == []


def test_half_precision_keeps_within_its_own_tolerance(few: Cases) -> None:
    assert faults(compare_half_precision({"it": roi_align}, few, device=CPU)) == []


def test_half_a_pixel_is_caught_in_half_precision(few: Cases) -> None:
    found = [d for d in compare_half_precision({"it": half_a_pixel_off}, few, device=CPU) if not d.within]
    assert {d.what for d in found} >= {"values"}


def test_the_three_other_routes_agree(cases: Cases) -> None:
    assert faults(compare_routes("it", roi_align, cases, device=CPU)) == []


def test_the_installed_roi_pool_agrees(cases: Cases) -> None:
    assert faults(compare_roi_pool("it", roi_pool, cases, device=CPU)) == []


def test_a_gradient_of_roi_pool_that_goes_astray_is_caught(few: Cases) -> None:
    found = compare_roi_pool(
        "it", lambda f, r, n, s: 2 * roi_pool(f, r, n, s) - roi_pool(f, r, n, s).detach(), few, device=CPU
    )
    assert {d.what for d in found if not d.within} == {"gradients"}


@pytest.mark.parametrize("wrong", [half_a_pixel_off, swapping_axes, giving_nan])
def test_a_wrong_operator_is_caught_by_the_reference(wrong: Operator, few: Cases) -> None:
    assert any("values differ" in line for line in faults(compare(wrong, few)))


@pytest.mark.parametrize("route", ["grid_sample", "a linear ramp"])
def test_half_a_pixel_is_caught_without_the_reference(route: str, few: Cases) -> None:
    found = {d.route for d in compare_routes("it", half_a_pixel_off, few, device=CPU) if not d.within}
    assert route in found


def test_another_border_rule_is_caught_at_the_border_and_there_alone(few: Cases) -> None:
    found = [d for d in compare(clamping_at_the_border, few) if not d.within]
    assert {(d.what, d.place) for d in found} == {("values", "border"), ("gradients", "border")}


def test_a_wrong_gradient_alone_is_caught(few: Cases) -> None:
    assert {d.what for d in compare(without_gradient, few) if not d.within} == {"gradients"}


def test_a_fault_names_the_box_and_the_setting(few: Cases) -> None:
    line = faults(compare(giving_nan, few))[0]
    assert "'random box 3'" in line
    assert "aligned=" in line


def test_an_answer_of_another_shape_is_caught(few: Cases) -> None:
    found = compare(lambda f, r, n, s, k, a: roi_align(f, r, n, s, k, a)[:, :, :1].expand(-1, -1, n, -1), few)
    assert not all(d.within for d in found)


def test_cases_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    first, again, other = (draw_cases(AgreementPlan(seed=seed)).rois_k5 for seed in (3, 3, 4))
    assert (first == again).all()
    assert not (first == other).all()


def test_random_boxes_lie_inside_across_and_beyond_the_border(cases: Cases) -> None:
    boxes = cases.rois_k5[: -len(NAMED_BOXES), 1:]
    inside = ((boxes[:, :2] >= 0) & (boxes[:, 2:] <= [200, 160])).all(axis=1)
    assert 20 < inside.sum() < 80


@pytest.mark.gpu
def test_the_native_operator_on_cuda_agrees(cases: Cases) -> None:
    assert faults(compare_with_reference({"it": roi_align}, cases, device=torch.device("cuda"))) == []
