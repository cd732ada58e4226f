"""Run lengths: read and written as cocoapi does, without loss, without full-size masks where a crop is enough."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as native

from rehead.coco import rle
from rehead.coco.counts import CountsError, counts_from_string

masks = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24), elements=st.integers(0, 1))


@given(masks)
def test_a_mask_survives_encoding_and_decoding(mask_hw: np.ndarray) -> None:
    np.testing.assert_array_equal(rle.decode(rle.encode(mask_hw)), mask_hw)


@given(st.lists(st.integers(0, 2**28), min_size=1, max_size=40))
def test_counts_survive_their_string(counts: list[int]) -> None:
    assert counts_from_string(rle.counts_to_rle(counts, 1, sum(counts))["counts"]) == counts


@given(masks)
def test_strings_are_read_as_cocoapi_writes_them(mask_hw: np.ndarray) -> None:
    found = rle.encode(mask_hw)
    assert rle.counts_to_rle(counts_from_string(found["counts"]), *mask_hw.shape) == found


@pytest.mark.parametrize("text", ["", "o", "oooooooo0", "p", "/", "é", "0\0", "\ud800"])
def test_a_string_that_is_no_run_lengths_is_refused(text: str) -> None:
    with pytest.raises(CountsError):
        counts_from_string(text)


@given(masks, st.integers(-30, 30), st.integers(-30, 30), st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=200)
def test_a_crop_is_encoded_as_if_it_were_pasted_first(
    crop_hw: np.ndarray, x: int, y: int, height: int, width: int
) -> None:
    pasted = np.zeros((height + 120, width + 120), dtype=np.uint8)
    pasted[60 + y : 60 + y + crop_hw.shape[0], 60 + x : 60 + x + crop_hw.shape[1]] = crop_hw
    assert rle.crop_to_rle(crop_hw, x, y, height, width) == rle.encode(pasted[60 : 60 + height, 60 : 60 + width])


stacks = arrays(np.uint8, array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=9), elements=st.integers(0, 1))


@given(stacks)
@settings(max_examples=200)
def test_masks_are_encoded_together_as_each_alone(masks_mhw: np.ndarray) -> None:
    count, height, width = masks_mhw.shape
    assert rle.toggles_to_rles(toggles_of(masks_mhw), count, height, width) == [rle.encode(mask) for mask in masks_mhw]


@given(stacks, st.data())
def test_places_that_are_named_twice_are_none(masks_mhw: np.ndarray, data: st.DataObject) -> None:
    count, height, width = masks_mhw.shape
    toggles_t = toggles_of(masks_mhw)
    twice = np.array(data.draw(st.lists(st.integers(0, count * (height * width + 1) - 1))), dtype=np.int64)
    found = rle.toggles_to_rles(np.sort(np.concatenate([toggles_t, twice, twice])), count, height, width)
    assert found == rle.toggles_to_rles(toggles_t, count, height, width)


def toggles_of(masks_mhw: np.ndarray) -> np.ndarray:
    """Look at each pixel of each mask, a zero before and one after: where does it change?"""
    columns = masks_mhw.transpose(0, 2, 1).reshape(len(masks_mhw), -1)
    changes = np.diff(np.pad(columns, ((0, 0), (1, 1))).astype(int), axis=1) != 0
    return np.flatnonzero(changes)


def test_polygons_of_several_parts_are_united_as_cocoapi_does() -> None:
    parts: list[list[float]] = [[2, 2, 2, 12, 12, 12, 12, 2], [8, 8, 8, 18, 18, 18, 18, 8]]
    united = native.merge(native.frPyObjects(parts, 20, 20))
    assert rle.polygons_to_rle(parts, 20, 20)["counts"] == united["counts"].decode()


def test_no_polygon_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="no polygon"):
        rle.polygons_to_rle([], 20, 20)


@pytest.mark.parametrize(("mask", "box"), [([[0, 0], [0, 0]], (0, 0, 0, 0)), ([[0, 1], [0, 1]], (1, 0, 1, 2))])
def test_the_box_is_tight_and_zero_for_an_empty_mask(mask: Any, box: tuple[float, ...]) -> None:
    assert rle.bounding_box(rle.encode(np.array(mask))) == box
