"""Masks as SVG paths."""

import re
from typing import Any

import numpy as np
import pytest

from rehead.coco import rle
from rehead.reporting.browser_outlines import grid_size, outline


def item(mask_hw: np.ndarray) -> dict[str, Any]:
    return {"segmentation": rle.encode(mask_hw)}


def mask(height: int, width: int, *boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Draw boxes (left, top, right, bottom)."""
    mask_hw = np.zeros((height, width), dtype=np.uint8)
    for left, top, right, bottom in boxes:
        mask_hw[top:bottom, left:right] = 1
    return mask_hw


def test_a_rectangle_is_a_path_along_its_pixels_edges() -> None:
    assert outline(item(mask(20, 30, (5, 4, 10, 8))), 20, 30).path == "M5 4h5v4h-5z"


def test_the_parts_of_an_object_are_one_path() -> None:
    parts = mask(20, 30, (1, 1, 3, 3), (10, 10, 14, 12))
    assert outline(item(parts), 20, 30).path == "M1 1h2v2h-2zM10 10h4v2h-4z"


def test_a_hole_is_cut_out_against_the_clock() -> None:
    ring = mask(20, 30, (2, 2, 8, 8))
    ring[4:6, 4:6] = 0
    assert outline(item(ring), 20, 30).path == "M2 2h6v6h-6zM4 6h2v-2h-2z"


def test_the_highest_point_carries_the_label() -> None:
    tee = mask(20, 30, (2, 10, 20, 14), (10, 3, 13, 10))
    assert (outline(item(tee), 20, 30).x, outline(item(tee), 20, 30).y) == (11, 3)


@pytest.mark.parametrize(
    ("height", "width", "grid"), [(90, 120, (90, 120)), (3000, 4000, (1200, 1600)), (1, 5000, (1, 1600))]
)
def test_outlines_of_large_pictures_lie_on_a_grid_twice_as_fine_as_is_shown(
    height: int, width: int, grid: tuple[int, int]
) -> None:
    assert grid_size(height, width) == grid


def bounds(path: str) -> np.ndarray:
    """Follow a path of one part; returns left, top, right, bottom."""
    points = [np.array(re.findall(r"\d+", path)[:2], dtype=int)]
    for way, length in re.findall(r"([hv])(-?\d+)", path):
        points.append(points[-1] + int(length) * np.array([way == "h", way == "v"]))
    return np.concatenate([np.min(points, axis=0), np.max(points, axis=0)])


def test_an_outline_of_a_large_picture_is_off_by_half_a_unit_at_most() -> None:
    box = (1001, 501, 1503, 1007)
    found = bounds(outline(item(mask(3000, 4000, box)), 3000, 4000).path)
    assert np.abs(found - np.array(box) * 0.4).max() <= 0.5


def test_what_is_too_thin_for_the_grid_becomes_its_box() -> None:
    assert outline(item(mask(3000, 4000, (100, 100, 101, 400))), 3000, 4000).path == "M40 40h1v120h-1z"


def test_an_empty_mask_has_an_empty_path() -> None:
    assert outline(item(mask(20, 30)), 20, 30).path == ""
