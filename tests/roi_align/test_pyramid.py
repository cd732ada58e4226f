"""The poolers over four levels: each box from its own, values and gradients, and what a wrong one is caught for."""

from functools import partial

import pytest
import torch
from torchvision.ops import MultiScaleRoIAlign

from rehead.roi_align.difference import Difference, faults
from rehead.roi_align.guard import GuardedRoIAlign
from rehead.roi_align.pyramid import (
    Pooler,
    Reading,
    compare_pyramid,
    level_stride,
    misread_sizes,
    read_aligned,
    read_rounded,
)
from rehead.roi_align.roi_pool import GuardedRoIPool
from tests.roi_align.mistakes import ONE_LEVEL_WRONG


def compare(pooler: Pooler, reading: Reading = read_aligned) -> list[Difference]:
    return list(compare_pyramid("it", pooler, seed=0, device=torch.device("cpu"), reading=reading))


@pytest.mark.parametrize(
    ("pooler", "reading"),
    [(MultiScaleRoIAlign, read_aligned), (GuardedRoIAlign, read_aligned), (GuardedRoIPool, read_rounded)],
)
def test_the_pooler_agrees_on_every_level_forward_and_backward(pooler: Pooler, reading: Reading) -> None:
    assert faults(compare(pooler, reading)) == []


def test_one_level_wrong_is_caught_in_values_and_in_the_gradient_of_every_level() -> None:
    found = [d for d in compare(ONE_LEVEL_WRONG) if not d.within]
    levels = {d.setting.rpartition(" ")[2] for d in found if d.what == "pooled gradients"}
    assert (levels, any(d.what == "pooled values" for d in found)) == ({"4", "8", "16", "32"}, True)


@pytest.mark.parametrize(("pooler", "reading"), [(GuardedRoIPool, read_aligned), (GuardedRoIAlign, read_rounded)])
def test_one_operator_is_not_taken_for_the_other(pooler: Pooler, reading: Reading) -> None:
    assert faults(compare(pooler, reading))


def test_a_threshold_a_pixel_off_is_caught() -> None:
    lines = faults(compare(partial(GuardedRoIAlign, canonical_scale=225)))
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
