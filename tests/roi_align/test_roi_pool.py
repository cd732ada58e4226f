"""RoIPool behind the same guard, with the same arguments; its values and gradients are judged in test_pyramid."""

import math

import pytest
import torch
from torch import Tensor
from torchvision.ops import MultiScaleRoIAlign

from rehead.roi_align.hostile import EMPTY_MAP, HOSTILE_BOXES, fate, hostile_call
from rehead.roi_align.roi_pool import GuardedRoIPool

GOOD = torch.tensor([[10.0, 12.0, 90.0, 80.0]])


def maps(side: int = 160) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {str(i): torch.rand(1, 3, side // s, side // s, generator=generator) for i, s in enumerate((4, 8, 16, 32))}


@pytest.mark.parametrize("name", [*HOSTILE_BOXES, EMPTY_MAP])
def test_the_guard_refuses_every_hostile_input(name: str) -> None:
    assert fate(hostile_call(GuardedRoIPool, name)) == "refused"


def test_a_box_that_is_not_finite_is_refused_before_its_level_is_sought() -> None:
    with pytest.raises(FloatingPointError, match="1 of 1 boxes that are not finite"):
        GuardedRoIPool(["0", "1", "2", "3"], 7, 2)(maps(), [GOOD * math.nan], [(160, 160)])


def test_a_small_first_image_does_not_spoil_the_scales_of_the_next() -> None:
    fresh, used = GuardedRoIPool(["0", "1", "2", "3"], 7, 2), GuardedRoIPool(["0", "1", "2", "3"], 7, 2)
    used(maps(64), [GOOD], [(40, 40)])
    assert torch.equal(used(maps(), [GOOD], [(160, 160)]), fresh(maps(), [GOOD], [(160, 160)]))


def test_maps_that_are_not_named_are_not_read() -> None:
    pooler, named = GuardedRoIPool(["0", "1"], 7, 2), {name: x for name, x in maps().items() if name < "2"}
    assert torch.equal(pooler(maps(), [GOOD], [(160, 160)]), pooler(named, [GOOD], [(160, 160)]))


def test_the_maps_may_be_of_lower_precision_than_the_boxes_under_autocast() -> None:
    lower = {name: x.bfloat16() for name, x in maps().items()}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        pooled = GuardedRoIPool(["0", "1", "2", "3"], 7, 2)(lower, [GOOD], [(160, 160)])
    assert (pooled.dtype, bool(pooled.isfinite().all())) == (torch.bfloat16, True)


def test_a_checkpoint_of_torchvisions_pooler_fits() -> None:
    assert GuardedRoIPool(["0"], 7, 2).state_dict().keys() == MultiScaleRoIAlign(["0"], 7, 2).state_dict().keys()
