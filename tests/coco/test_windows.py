"""The grid covers every pixel as promised, and masks pass through windows pixel for pixel."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehead.coco.plan import TilePlan
from rehead.coco.rle import decode, encode
from rehead.coco.windows import Window, crop_of, grid, pixels_seen, seen_through

plans = st.builds(TilePlan, size=st.integers(64, 300), overlap=st.floats(0.05, 0.5))
sides = st.integers(1, 1500)
small = st.integers(1, 24)


def _mask(height: int, width: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random((height, width)) < rng.random()


@given(sides, sides, plans)
def test_tiles_cover_the_image_edge_to_edge_and_none_leaves_it(width: int, height: int, plan: TilePlan) -> None:
    windows = grid(width, height, plan)
    covered = np.zeros((height, width), dtype=bool)
    for window in windows:
        assert min(window.x, window.y) >= 0
        covered[window.y : window.bottom, window.x : window.right] = True
    assert covered.all()
    assert (max(w.right for w in windows), max(w.bottom for w in windows)) == (width, height)


@given(sides, sides, plans)
def test_all_tiles_of_an_image_have_one_size(width: int, height: int, plan: TilePlan) -> None:
    expected = (min(width, plan.size), min(height, plan.size))
    assert {(window.width, window.height) for window in grid(width, height, plan)} == {expected}


@given(st.integers(65, 5000), plans)
def test_neighbours_share_at_least_the_overlap_and_all_alike(width: int, plan: TilePlan) -> None:
    shared = [left.right - right.x for left, right in pairwise(grid(width, plan.size, plan))]
    assert all(share >= math.ceil(plan.size * plan.overlap) for share in shared)
    assert not shared or max(shared) - min(shared) <= 1


@given(st.integers(65, 5000), plans)
def test_no_tile_could_be_spared(width: int, plan: TilePlan) -> None:
    steps = len(grid(width, 1, plan)) - 1
    assert (steps - 1) * (plan.size - math.ceil(plan.size * plan.overlap)) < max(width - plan.size, 0) or steps == 0


@pytest.mark.parametrize("plan", [None, TilePlan(size=64)])
def test_an_image_no_larger_than_a_tile_is_one_window(plan: TilePlan | None) -> None:
    assert grid(64, 20, plan) == [Window(0, 0, 64, 20)]


@given(small, small, st.integers(0, 999))
def test_a_crop_and_back_is_the_mask(height: int, width: int, seed: int) -> None:
    mask = _mask(height, width, seed)
    np.testing.assert_array_equal(decode(seen_through(Window(0, 0, width, height), crop_of(encode(mask)))), mask)


@given(small, small, st.integers(0, 999), st.builds(Window, st.integers(-30, 30), st.integers(-30, 30), small, small))
def test_a_window_shows_what_lies_in_it(height: int, width: int, seed: int, window: Window) -> None:
    mask = _mask(height, width, seed)
    around = np.pad(mask, 60)[60 + window.y :, 60 + window.x :][: window.height, : window.width]
    crop = crop_of(encode(mask))
    np.testing.assert_array_equal(decode(seen_through(window, crop)), around)
    assert pixels_seen(window, crop) == around.sum()


@settings(max_examples=20)
@given(st.integers(1, 150), st.integers(1, 150), st.integers(0, 999))
def test_tiles_pasted_back_are_the_mask(height: int, width: int, seed: int) -> None:
    mask = _mask(height, width, seed)
    pasted, crop = np.zeros_like(mask), crop_of(encode(mask))
    for window in grid(width, height, TilePlan(size=64)):
        shown = crop_of(seen_through(window, crop))
        pasted |= decode(seen_through(Window(-window.x, -window.y, width, height), shown)) == 1
    np.testing.assert_array_equal(pasted, mask)


def test_a_crop_is_no_larger_than_its_objects_box() -> None:
    mask = np.zeros((300, 200), dtype=bool)
    mask[100:110, 50:70] = True
    crop = crop_of(encode(mask))
    assert (crop.x, crop.y, crop.mask_hw.shape) == (50, 100, (10, 20))


def test_an_empty_mask_has_an_empty_crop() -> None:
    assert crop_of(encode(np.zeros((5, 7), dtype=bool))).mask_hw.size == 0
