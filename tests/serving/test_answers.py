"""Requests' parameters, and detections as JSON values."""

import tracemalloc

import numpy as np
import pytest

from rehead.coco.borders import trace_borders
from rehead.coco.rle import crop_to_rle, decode
from rehead.evaluation.detections import Detections
from rehead.serving.answers import read_wish, write_answer
from rehead.serving.images import RequestError


def found(shape: tuple[int, int], *, objects: int) -> Detections:
    """Objects of 40 pixels with holes and corners, here and there on an image, and one of no pixels."""
    chance = np.random.default_rng(0)
    pixels = chance.random((40, 40)) < 0.7
    corners = [chance.integers(0, [shape[1] - 20, shape[0] - 20]).tolist() for _ in range(objects)]
    masks = [crop_to_rle(pixels, x, y, *shape) for x, y in corners] + [crop_to_rle(pixels[:0], 0, 0, *shape)]
    count = len(masks)
    return Detections(np.zeros((count, 4), np.float32), np.ones(count, np.int64), np.ones(count, np.float32), masks)


def test_polygons_are_those_of_the_whole_mask() -> None:
    detections = found((90, 120), objects=20)
    told = write_answer(detections, ("nut",), mask_format="polygon")["masks"]
    assert told == [trace_borders(decode(mask)) for mask in detections.masks]
    assert told[-1] == []


def test_polygons_of_a_large_image_take_the_memory_of_their_objects() -> None:
    detections = found((5000, 5000), objects=10)
    tracemalloc.start()
    try:
        write_answer(detections, ("nut",), mask_format="polygon")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5000 * 5000 / 5


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"treshold": 0.5}, "unknown parameter 'treshold'; known: score_threshold, mask_format"),
        ({"score_threshold": 1.5}, "score_threshold is a number from 0 to 1, got 1.5"),
        ({"mask_format": "bitmap"}, "mask_format is one of rle, polygon, none, got 'bitmap'"),
    ],
)
def test_a_wrong_parameter_is_told_with_its_value(params: dict[str, object], told: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_wish(params)
    assert str(caught.value) == told


def test_an_endless_value_is_not_sent_back_whole() -> None:
    with pytest.raises(RequestError) as caught:
        read_wish({"mask_format": "x" * 1_000_000})
    assert len(str(caught.value)) < 300
