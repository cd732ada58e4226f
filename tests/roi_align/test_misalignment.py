"""RoIPool's shift on boxes whose answer is known, and the order of magnitude of all of them."""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch

from rehead.roi_align.misalignment import (
    IMAGE_SIDE,
    STRIDES,
    Shifts,
    draw_proposals,
    measure_shifts,
    places_read,
    summarise_shifts,
)


@pytest.fixture(scope="module")
def measured() -> list[Shifts]:
    return measure_shifts(100, seed=0)


def test_a_box_that_begins_on_a_pixel_and_ends_half_a_one_early_is_shifted_by_a_quarter() -> None:
    roi = torch.tensor([[0, 32.0, 32.0, 32 * 4.5, 32 * 4.5]], dtype=torch.float64)  # 1..4.5 is rounded to 1..5
    read, true, _ = places_read(roi, height=8, width=8, size=1, stride=32)
    assert (read - true).flatten().tolist() == pytest.approx([0.25, 0.25])


def test_a_box_on_whole_pixels_keeps_its_middle() -> None:
    roi = torch.tensor([[0, 32.0, 64.0, 160.0, 192.0]], dtype=torch.float64)
    read, true, _ = places_read(roi, height=8, width=8, size=1, stride=32)
    assert torch.equal(read, true)


def test_a_bin_beyond_the_map_counts_as_unseen() -> None:
    roi = torch.tensor([[0, 320.0, 0.0, 400.0, 100.0]], dtype=torch.float64)
    assert not places_read(roi, height=8, width=8, size=1, stride=32)[2].any()


def test_the_shift_grows_with_the_stride(measured: list[Shifts]) -> None:
    medians = [float(np.median(s.image_pixels_b)) for s in measured]
    assert all(1.5 < coarse / fine < 2.7 for fine, coarse in pairwise(medians))


def test_both_groups_are_measured_at_every_stride(measured: list[Shifts]) -> None:
    assert [s.stride for s in measured if 0.1 < s.near_b.mean() < 0.9] == list(STRIDES)


def test_proposals_lie_within_the_image() -> None:
    boxes = draw_proposals(300, seed=2)[:, 1:]
    assert float(boxes.min()) >= 0
    assert float(boxes.max()) <= IMAGE_SIDE


def test_the_numbers_of_a_stride_are_those_of_its_bins() -> None:
    shifts = Shifts(8, np.array([2.0, 4.0, 12.0]), np.array([False, False, True]))
    summary = summarise_shifts([shifts])
    assert summary["roi_pool_max_shift_px"] == 12.0
    assert summary["roi_pool_max_shift_feature_px"] == 1.5
    assert json.loads(json.dumps(shifts.summary()))["inside"]["mean_image_px"] == 3.0


def test_a_group_without_bins_has_no_numbers() -> None:
    assert Shifts(8, np.array([2.0]), np.array([False])).summary()["near_border"] == {"bins": 0}
