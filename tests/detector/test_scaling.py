"""With tiles, an object has one size for the network wherever it was seen."""

import pytest
import torch

from rehead.coco.plan import TilePlan
from rehead.detector.build import Detector, build_detector, tiled
from rehead.detector.plan import ModelPlan

TILE = TilePlan(size=128)


@pytest.fixture(scope="module")
def detector() -> Detector:
    plan = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
    torch.manual_seed(0)
    return tiled(build_detector(plan, ("nut",)), TILE)


@pytest.mark.parametrize(("height", "width"), [(128, 128), (128, 40), (40, 128), (40, 60), (9, 10)])
def test_a_tile_and_any_smaller_image_are_scaled_alike(detector: Detector, height: int, width: int) -> None:
    resized, _ = detector.model.transform.resize(torch.rand(3, height, width))
    assert resized.shape[-2:] == (round(height / 2), round(width / 2))


def test_a_full_tile_is_seen_as_it_would_be_without_tiles(detector: Detector) -> None:
    image = torch.rand(3, 128, 128)
    plain = build_detector(detector.plan, detector.classes).model.transform
    torch.testing.assert_close(detector.model.transform([image])[0].tensors, plain([image])[0].tensors)


def test_truth_is_scaled_with_its_image(detector: Detector) -> None:
    masks = torch.zeros(1, 40, 60, dtype=torch.uint8)
    masks[0, 10:30, 20:40] = 1
    target = {"boxes": torch.tensor([[20.0, 10.0, 40.0, 30.0]]), "labels": torch.tensor([1]), "masks": masks}
    _, scaled = detector.model.transform.resize(torch.rand(3, 40, 60), target)
    assert scaled["boxes"].tolist() == [[10.0, 5.0, 20.0, 15.0]]
    assert scaled["masks"].shape == (1, 20, 30)
    assert scaled["masks"][0, 5:15, 10:20].all()
    assert int(scaled["masks"].sum()) == 100


def test_it_learns_from_a_batch_with_an_empty_tile(detector: Detector) -> None:
    thing = {"boxes": torch.tensor([[20.0, 10.0, 40.0, 30.0]]), "labels": torch.tensor([1])}
    nothing = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    masks = torch.ones(1, 128, 128, dtype=torch.uint8)
    detector.model.train()
    losses = detector.model(
        [torch.rand(3, 128, 128), torch.rand(3, 128, 40)],
        [thing | {"masks": masks}, nothing | {"masks": masks[:0, :, :40]}],
    )
    assert all(torch.isfinite(loss) for loss in losses.values())


def test_without_tiles_the_transform_is_torchvisions_own(detector: Detector) -> None:
    plain = tiled(build_detector(detector.plan, detector.classes), None)
    assert type(plain.model.transform).__name__ == "GeneralizedRCNNTransform"
