"""The largest IoU of each box with another of its image."""

from itertools import permutations

import numpy as np
import pytest

from rehead.coco.overlap import largest_ious


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(across, 0.0) * max(down, 0.0)
    return float(shared / (one[2] * one[3] + other[2] * other[3] - shared))


def test_the_sweep_finds_what_comparing_all_pairs_finds() -> None:
    rng = np.random.default_rng(0)
    boxes_m4 = rng.uniform(1, 60, (120, 4))
    image_m = rng.integers(0, 5, 120)
    expected = np.zeros(120)
    for one, other in permutations(range(120), 2):
        if image_m[one] == image_m[other]:
            expected[one] = max(expected[one], _iou(boxes_m4[one], boxes_m4[other]))
    assert largest_ious(boxes_m4, image_m) == pytest.approx(expected)


def test_equal_boxes_overlap_wholly() -> None:
    assert largest_ious(np.array([[5.0, 5, 9, 9]] * 3), np.zeros(3, np.int64)) == pytest.approx(1.0)


def test_boxes_that_share_an_edge_do_not_overlap() -> None:
    assert largest_ious(np.array([[0.0, 0, 5, 5], [5, 0, 5, 5]]), np.zeros(2, np.int64)) == pytest.approx(0.0)


def test_too_many_pairs_are_left_undefined() -> None:
    assert largest_ious(np.array([[5.0, 5, 9, 9]] * 9), np.zeros(9, np.int64), most_pairs=20) is None
