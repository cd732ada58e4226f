"""The guarded pooler: it pools as torchvision's does, and refuses with a message what would end the process."""

import math

import pytest
import torch
from torch import Tensor
from torchvision.ops import MultiScaleRoIAlign

from rehead.roi_align.guard import FARTHEST_PIXELS, GuardedRoIAlign

GOOD = (10.0, 12.0, 90.0, 80.0)


def maps(side: int = 160) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {str(i): torch.rand(2, 3, side // s, side // s, generator=generator) for i, s in enumerate((4, 8, 16, 32))}


def pool(*boxes: tuple[float, ...], features: dict[str, Tensor] | None = None) -> Tensor:
    module = GuardedRoIAlign(["0", "1", "2", "3"], 7, 2)
    images = [torch.tensor([GOOD]), torch.tensor(boxes).reshape(-1, 4)]
    pooled: Tensor = module(maps() if features is None else features, images, [(160, 160)] * 2)
    return pooled


@torch.no_grad()
def test_good_boxes_are_pooled_as_torchvision_pools_them() -> None:
    plain = MultiScaleRoIAlign(["0", "1", "2", "3"], 7, 2)
    images = [torch.tensor([GOOD]), torch.tensor([[0.0, 0.0, 160.0, 160.0]])]
    assert torch.equal(pool((0.0, 0.0, 160.0, 160.0)), plain(maps(), images, [(160, 160)] * 2))


def test_no_boxes_are_fine() -> None:
    assert pool().shape == (1, 3, 7, 7)


def test_a_box_without_area_is_fine() -> None:
    assert bool(pool((5.0, 5.0, 5.0, 5.0)).isfinite().all())


def test_gradients_pass_through() -> None:
    features = {name: values.requires_grad_() for name, values in maps().items()}
    pool(GOOD, features=features).sum().backward()
    assert features["0"].grad is not None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_box_that_is_not_finite_is_counted_and_shown(value: float) -> None:
    with pytest.raises(FloatingPointError, match=r"2 of 4 boxes that are not finite, the first is box 2: \[1\.0, "):
        pool(GOOD, (1.0, value, 5.0, 6.0), (value, value, value, value))


def test_a_box_beyond_any_image_is_refused() -> None:
    with pytest.raises(ValueError, match="1 of 2 boxes that lie beyond 100000 pixels"):
        pool((0.0, 0.0, FARTHEST_PIXELS * 2, 10.0))


def test_a_reversed_box_is_refused() -> None:
    with pytest.raises(ValueError, match="1 of 2 boxes that end before they begin"):
        pool((50.0, 50.0, 20.0, 80.0))


def test_a_map_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"feature map '2' of shape \(2, 3, 0, 5\)"):
        pool(GOOD, features=maps() | {"2": torch.zeros(2, 3, 0, 5)})


def test_a_pooler_without_its_maps_is_refused() -> None:
    with pytest.raises(ValueError, match="no feature map"):
        pool(GOOD, features={"pool": torch.zeros(2, 3, 5, 5)})


def test_a_checkpoint_of_torchvisions_pooler_fits() -> None:
    assert GuardedRoIAlign(["0"], 7, 2).state_dict().keys() == MultiScaleRoIAlign(["0"], 7, 2).state_dict().keys()


def test_a_small_first_image_does_not_spoil_the_scales_of_the_next() -> None:
    fresh, used = GuardedRoIAlign(["0", "1", "2", "3"], 7, 2), GuardedRoIAlign(["0", "1", "2", "3"], 7, 2)
    used(maps(64), [torch.tensor([GOOD])], [(40, 40)])
    images = [torch.tensor([GOOD]), torch.tensor([GOOD])]
    assert torch.equal(used(maps(), images, [(160, 160)] * 2), fresh(maps(), images, [(160, 160)] * 2))
