"""Polygons of a mask: exact, part by part."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehead.coco.borders import trace_borders, trace_loops
from rehead.coco.rle import decode, polygons_to_rle


def _mask(text: str) -> np.ndarray:
    return np.array([[sign == "#" for sign in line] for line in text.split()], dtype=np.uint8)


def test_a_rectangle_has_four_corners_on_pixel_edges() -> None:
    assert trace_borders(_mask("..... .###. .###. .....")) == [[1, 1, 4, 1, 4, 3, 1, 3]]


def test_an_empty_mask_has_no_polygon() -> None:
    assert trace_borders(np.zeros((4, 5), np.uint8)) == []


def test_a_full_mask_is_the_images_frame() -> None:
    assert trace_borders(np.ones((4, 5), np.uint8)) == [[0, 0, 5, 0, 5, 4, 0, 4]]


def test_parts_that_touch_at_a_corner_are_two_polygons() -> None:
    assert len(trace_borders(_mask("#. .#"))) == 2


def test_a_hole_is_left_out() -> None:
    assert trace_borders(_mask("### #.# ###")) == [[0, 0, 3, 0, 3, 3, 0, 3]]


def test_a_loop_runs_around_a_hole_against_the_clock() -> None:
    assert trace_loops(_mask("### #.# ###"))[1] == [(1, 2), (2, 2), (2, 1), (1, 1)]


def test_a_hole_that_touches_the_outside_at_a_corner_gives_one_polygon() -> None:
    assert len(trace_borders(_mask("##. #.# ###"))) == 1


@pytest.mark.parametrize("seed", range(5))
def test_polygons_of_a_mask_without_holes_fill_it_exactly(seed: int) -> None:
    heights = np.random.default_rng(seed).integers(0, 20, 24)
    mask = (np.arange(20)[:, None] < heights[None, :]).astype(np.uint8)
    np.testing.assert_array_equal(decode(polygons_to_rle(trace_borders(mask), 20, 24)), mask)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=6))
def test_polygons_cover_every_pixel_of_any_mask(rows: list[list[bool]]) -> None:
    mask = np.array(rows, dtype=np.uint8)
    polygons = trace_borders(mask)
    filled = decode(polygons_to_rle(polygons, *mask.shape)) if polygons else np.zeros_like(mask)
    assert not (mask & ~filled.astype(bool)).any()
