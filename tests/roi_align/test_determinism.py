"""Deterministic mode: repeatable to the bit, right inside the map, and gone afterwards."""

import pytest
import torch
from torch import Tensor
from torchvision.ops import roi_align
from torchvision.ops.roi_align import _roi_align

from rehead.roi_align.agreement import compare_with_reference
from rehead.roi_align.cases import Cases
from rehead.roi_align.determinism import compare_deterministic, compare_runs
from rehead.roi_align.difference import faults
from tests.roi_align.mistakes import half_a_pixel_off, never_the_same

CPU = torch.device("cpu")


def in_python(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    """The implementation that torchvision takes on CUDA in deterministic mode, here without its compiler."""
    pooled: Tensor = _roi_align.__wrapped__(features, rois, scale, size, size, samples, aligned)
    return pooled


def test_the_installed_operator_is_right_and_repeatable(few: Cases) -> None:
    assert faults(compare_deterministic("it", roi_align, few, device=CPU)) == []


def test_a_wrong_operator_is_caught(few: Cases) -> None:
    assert faults(compare_deterministic("it", half_a_pixel_off, few, device=CPU))


def test_an_operator_that_never_gives_the_same_twice_is_caught(few: Cases) -> None:
    assert not compare_runs("it", never_the_same, few, device=CPU).within


def test_the_mode_is_left_as_it_was_found(few: Cases) -> None:
    compare_deterministic("it", roi_align, few, device=CPU)
    assert not torch.are_deterministic_algorithms_enabled()


def test_torchvisions_deterministic_implementation_differs_at_the_border_alone(few: Cases) -> None:
    found = compare_with_reference({"it": in_python}, few, device=CPU, settings=[(False, 2)], dtypes=[torch.float64])
    assert {d.place for d in found if not d.within} == {"border"}


@pytest.mark.gpu
def test_deterministic_mode_on_cuda_is_right_inside_the_map_and_repeatable(cases: Cases) -> None:
    assert faults(compare_deterministic("it", roi_align, cases, device=torch.device("cuda"))) == []
