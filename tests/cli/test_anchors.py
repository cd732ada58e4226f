"""Anchors are measured on the grid that torchvision lays them on."""

import numpy as np
import pytest
import torch
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import box_iou

from rehead.cli.anchors import fit_sizes, measure_fit
from rehead.detector.build import build_detector
from rehead.detector.plan import ModelPlan

SMALL = (16, 32, 64, 128, 256)


def boxes(*sizes: tuple[float, float], number: int = 200, side: int = 512) -> np.ndarray:
    """Boxes of the given widths and heights, spread over a square image."""
    rng = np.random.default_rng(0)
    wanted = np.resize(np.array(sizes, np.float64), (number, 2))
    return np.column_stack([rng.random((number, 2)) * (side - wanted), wanted])


def test_recall_is_that_of_torchvisions_own_anchors() -> None:
    found = boxes((18, 18), (10, 30), (90, 50), (300, 280), (70, 200))
    model = build_detector(ModelPlan(), ("thing",)).model
    images = ImageList(torch.zeros(1, 3, 512, 512), [(512, 512)])
    levels = [torch.zeros(1, 1, 512 // stride, 512 // stride) for stride in (4, 8, 16, 32, 64)]
    anchors = model.rpn.anchor_generator(images, levels)[0]
    corners = torch.from_numpy(np.column_stack([found[:, :2], found[:, :2] + found[:, 2:]])).float()
    expected = (box_iou(corners, anchors).max(dim=1).values >= 0.5).float().mean().item()
    assert measure_fit(found, SMALL).recall == pytest.approx(expected, abs=0.011)


def test_anchors_of_the_boxes_own_size_hold_them_all() -> None:
    assert measure_fit(boxes((32, 32)), SMALL).recall == 1.0


def test_anchors_of_another_size_hold_none() -> None:
    assert measure_fit(boxes((5, 5)), SMALL).recall == 0.0


def test_nothing_is_missed_where_there_is_nothing() -> None:
    assert measure_fit(np.zeros((0, 4)), SMALL).recall == 1.0


@pytest.mark.parametrize("sides", [((10, 10), (14, 14)), ((40, 40), (400, 400)), ((30, 60), (60, 30))])
def test_fitted_sizes_hold_nearly_all(sides: tuple[tuple[float, float], ...]) -> None:
    assert fit_sizes(boxes(*sides)).recall > 0.95


def test_fitted_sizes_grow_from_level_to_level() -> None:
    sizes = fit_sizes(boxes((10, 10), (200, 200))).sizes
    assert list(sizes) == sorted(set(sizes))


def test_a_million_boxes_are_measured_whole_and_searched_in_part() -> None:
    found = np.concatenate([boxes((10, 10), number=30_000), boxes((200, 200), number=30_000)])
    assert fit_sizes(found).recall > 0.95
