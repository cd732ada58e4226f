"""Targets drawn inside RoIs are those of full-size masks, at a small part of their cost."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate
from torchvision.models.detection.roi_heads import project_masks_on_boxes

from rehead.coco.windows import Crop
from rehead.detector.mask_targets import ObjectMasks

Size = tuple[int, int]
Draw = Callable[[ObjectMasks, Tensor, Tensor, int], Tensor]


def one_by_one(masks: ObjectMasks, boxes_r4: Tensor, index_r: Tensor, side: int) -> Tensor:
    return masks.targets(boxes_r4, index_r, side)


def together(masks: ObjectMasks, boxes_r4: Tensor, index_r: Tensor, side: int) -> Tensor:
    """What a GPU does, on the CPU."""
    return masks._draw_together(boxes_r4, index_r, side)


def drawn_objects(own_hw: Size, *, objects: int, rng: np.random.Generator) -> tuple[list[Crop], Tensor]:
    """Draw rough masks anywhere in an image; as crops and as one tensor N,H,W."""
    crops, full = [], np.zeros((objects, *own_hw), dtype=np.uint8)
    for number in range(objects):
        (top, bottom), (left, right) = (np.sort(rng.choice(side + 1, 2, replace=False)) for side in own_hw)
        mask_hw = rng.random((bottom - top, right - left)) > 0.4
        full[number, top:bottom, left:right] = mask_hw
        crops.append(Crop(mask_hw, int(left), int(top)))
    return crops, torch.from_numpy(full)


def drawn_boxes(seen_hw: Size, *, rois: int, rng: np.random.Generator) -> Tensor:
    """Draw boxes in an image; the first is the whole of it, the second less than a pixel in its corner."""
    height, width = seen_hw
    corners = np.sort(rng.uniform(0, [[[width]], [[height]]], (2, rois, 2)), axis=2)
    boxes_r4 = torch.from_numpy(corners.transpose(1, 2, 0).reshape(rois, 4)).float()
    boxes_r4[0] = torch.tensor([0.0, 0.0, width, height])
    boxes_r4[1] = torch.tensor([width - 0.3, height - 0.2, width, height])
    return boxes_r4


@pytest.mark.parametrize("draw", [one_by_one, together])
@pytest.mark.parametrize("side", [28, 56, 112])
@pytest.mark.parametrize(
    ("own_hw", "seen_hw"), [((60, 80), (60, 80)), ((60, 83), (41, 57)), ((33, 41), (100, 123)), ((300, 200), (150, 97))]
)
def test_targets_are_those_of_torchvision(own_hw: Size, seen_hw: Size, side: int, draw: Draw) -> None:
    rng = np.random.default_rng([*own_hw, *seen_hw])
    crops, full_nhw = drawn_objects(own_hw, objects=4, rng=rng)
    boxes, index = drawn_boxes(seen_hw, rois=8, rng=rng), torch.from_numpy(rng.integers(0, 4, 8))
    resized_nhw = interpolate(full_nhw[:, None].float(), size=seen_hw)[:, 0].to(torch.uint8)
    found = draw(ObjectMasks(crops, own_hw, seen_hw), boxes, index, side)
    torch.testing.assert_close(found, project_masks_on_boxes(resized_nhw, boxes, index, side), atol=1e-6, rtol=0)


@pytest.mark.parametrize("draw", [one_by_one, together])
def test_an_object_that_the_resizing_loses_has_an_empty_target(draw: Draw) -> None:
    lost, nothing = Crop(np.ones((1, 1), dtype=bool), 3, 3), Crop(np.zeros((0, 0), dtype=bool), 0, 0)
    masks = ObjectMasks([lost, nothing], (40, 40), (10, 10))
    assert not draw(masks, torch.tensor([[0.0, 0.0, 9.0, 9.0]] * 2), torch.tensor([0, 1]), 28).any()


def test_without_boxes_there_are_no_targets() -> None:
    masks = ObjectMasks([], (40, 40), (20, 20))
    assert masks.targets(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), 28).shape == (0, 28, 28)


def test_targets_of_a_crowded_image_take_little_memory() -> None:
    rng = np.random.default_rng(0)
    own_hw, seen_hw = (1000, 1333), (1000, 1333)
    mask_hw = np.hypot(*(np.mgrid[:80, :80] - 40)) < 40
    corners_n2 = rng.integers(0, [1333 - 80, 1000 - 80], (300, 2))
    boxes = torch.from_numpy(np.concatenate([corners_n2, corners_n2 + 80], axis=1)).float()
    tracemalloc.start()
    crops = [Crop(mask_hw.copy(), int(x), int(y)) for x, y in corners_n2]
    targets = ObjectMasks(crops, own_hw, seen_hw).targets(boxes, torch.arange(300), 28)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert targets.mean() > 0.5
    assert held < 10e6  # NumPy's part, which grows with the objects; torch's own is at most three passes of 8 MiB.
