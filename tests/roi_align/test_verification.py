"""Deliberately wrong operators: each must be caught, and caught for the right reason."""

from functools import partial

import pytest
import torch
from torch import Tensor
from torchvision.ops import MultiScaleRoIAlign, roi_align

from rehead.roi_align.agreement import compare_roi_pool, compare_with_reference
from rehead.roi_align.cases import NAMED_BOXES, AgreementPlan, Cases, draw_cases
from rehead.roi_align.difference import Difference, faults
from rehead.roi_align.guard import GuardedRoIAlign
from rehead.roi_align.pyramid import compare_pyramid, level_stride, misread_sizes
from rehead.roi_align.routes import compare_routes
from rehead.roi_align.verification import summarise

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def cases() -> Cases:
    return draw_cases(AgreementPlan(seed=1))


@pytest.fixture(scope="module")
def few(cases: Cases) -> Cases:
    """The named boxes that lie inside, at and over the border, and a few random ones."""
    near = [cases.names.index(name) for name in cases.names if "border" in name or name == "bins of whole pixels"]
    chosen = [*range(8), *near]
    rois = cases.rois_k5[chosen].copy()
    rois[:, 0] = range(len(chosen))
    return Cases(tuple(cases.names[i] for i in chosen), rois, cases.features_nchw[chosen], cases.scale)


def half_a_pixel_off(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    moved = rois + torch.tensor([0, 0.5, 0.5, 0.5, 0.5], dtype=rois.dtype) / scale
    return roi_align(features, moved, size, scale, samples, aligned)


def clamping_at_the_border(
    features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool
) -> Tensor:
    """Read the edge for samples at any distance outside, where the native operator reads zero."""
    room = 24
    wide = torch.nn.functional.pad(features, (room, room, room, room), mode="replicate")
    shift = torch.tensor([0, room, room, room, room], dtype=rois.dtype) / scale
    return roi_align(wide, rois + shift, size, scale, samples, aligned)


def without_gradient(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    return roi_align(features.detach(), rois, size, scale, samples, aligned) + 0 * features.sum()


def swapping_axes(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    return roi_align(features, rois, size, scale, samples, aligned).transpose(2, 3)


def giving_nan(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    pooled = roi_align(features, rois, size, scale, samples, aligned)
    return torch.where(torch.arange(len(pooled))[:, None, None, None] == 3, torch.nan, pooled)


def test_the_installed_operator_agrees(cases: Cases) -> None:
    assert faults(compare_with_reference(roi_align, cases, device=CPU)) == []


def test_the_three_other_routes_agree(cases: Cases) -> None:
    assert faults(compare_routes(roi_align, cases, device=CPU)) == []


def test_the_installed_roi_pool_agrees(cases: Cases) -> None:
    from_torchvision = torch.ops.torchvision.roi_pool
    found = compare_roi_pool(lambda f, r, n, s: from_torchvision(f, r, s, n, n)[0], cases, device=CPU)
    assert found.within


@pytest.mark.parametrize("pooler", [MultiScaleRoIAlign, GuardedRoIAlign])
def test_the_pooler_agrees_on_every_level(pooler: type[torch.nn.Module]) -> None:
    assert faults(compare_pyramid(pooler, seed=0, device=CPU)) == []


@pytest.mark.parametrize("wrong", [half_a_pixel_off, swapping_axes, giving_nan])
def test_a_wrong_operator_is_caught_by_the_reference(wrong: object, few: Cases) -> None:
    assert any("values differ" in line for line in faults(compare_with_reference(wrong, few, device=CPU)))  # type: ignore[arg-type]


@pytest.mark.parametrize("route", ["grid_sample", "a linear ramp"])
def test_half_a_pixel_is_caught_without_the_reference(route: str, few: Cases) -> None:
    found = {d.route for d in compare_routes(half_a_pixel_off, few, device=CPU) if not d.within}
    assert route in found


def test_another_border_rule_is_caught_on_a_box_over_the_border(few: Cases) -> None:
    found = [d for d in compare_with_reference(clamping_at_the_border, few, device=CPU) if not d.within]
    assert {d.what for d in found} == {"values", "gradients"}


def test_a_box_wholly_inside_does_not_see_the_border_rule(few: Cases) -> None:
    found = [d for d in compare_routes(clamping_at_the_border, few, device=CPU) if d.route == "a linear ramp"]
    assert all(d.within for d in found)


def test_a_wrong_gradient_alone_is_caught(few: Cases) -> None:
    found = [d for d in compare_with_reference(without_gradient, few, device=CPU) if not d.within]
    assert {d.what for d in found} == {"gradients"}


def test_one_level_wrong_is_caught() -> None:
    assert faults(compare_pyramid(partial(GuardedRoIAlign, canonical_level=5), seed=0, device=CPU))


def test_a_threshold_a_pixel_off_is_caught() -> None:
    lines = faults(compare_pyramid(partial(GuardedRoIAlign, canonical_scale=225), seed=0, device=CPU))
    assert any("threshold" in line for line in lines)


def test_torchvision_misreads_small_images_and_the_guard_does_not() -> None:
    sides = range(30, 70)
    assert (misread_sizes(MultiScaleRoIAlign, sides), misread_sizes(GuardedRoIAlign, sides)) == (
        [*range(33, 46), 65, 66, 67],
        [],
    )


def test_equation_one_chooses_stride_16_for_the_canonical_box() -> None:
    sides = (10, 111, 112, 223, 224, 447, 448, 2000)
    assert [level_stride((0, 0, side, side)) for side in sides] == [4, 4, 8, 8, 16, 16, 32, 32]


def test_a_fault_names_the_box_and_the_setting(few: Cases) -> None:
    line = faults(compare_with_reference(giving_nan, few, device=CPU))[0]
    assert "'random box 3'" in line
    assert "aligned=" in line


def test_the_summary_keeps_the_largest_difference() -> None:
    small, large = (Difference("r", "values", "float32", "cpu", "s", gap, "box") for gap in (1e-7, 1e-6))
    assert [entry["max_abs_diff"] for entry in summarise([small, large, small])] == [1e-6]


def test_cases_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    first, again, other = (draw_cases(AgreementPlan(seed=seed)).rois_k5 for seed in (3, 3, 4))
    assert (first == again).all()
    assert not (first == other).all()


def test_random_boxes_lie_inside_across_and_beyond_the_border(cases: Cases) -> None:
    boxes = cases.rois_k5[: -len(NAMED_BOXES), 1:]
    inside = ((boxes[:, :2] >= 0) & (boxes[:, 2:] <= [200, 160])).all(axis=1)
    assert 20 < inside.sum() < 80


@pytest.mark.gpu
def test_the_deterministic_path_on_cuda_agrees_inside_the_map(cases: Cases) -> None:
    torch.use_deterministic_algorithms(True)
    try:
        found = compare_routes(roi_align, cases, device=torch.device("cuda"))
        assert [d for d in found if d.route == "a linear ramp" and not d.within] == []
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.gpu
def test_the_native_operator_on_cuda_agrees(cases: Cases) -> None:
    assert faults(compare_with_reference(roi_align, cases, device=torch.device("cuda"))) == []
