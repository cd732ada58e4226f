"""What a tile shows of an object, and when that is too little to learn from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehead.coco.pieces import pieces_of
from rehead.coco.plan import TilePlan
from rehead.coco.records import Annotation, ImageRecord
from rehead.coco.rle import bounding_box, decode, encode
from rehead.coco.windows import Window, grid

WIDTH, HEIGHT = 200, 100
IMAGE = ImageRecord(1, "wide.png", WIDTH, HEIGHT)
LEFT, MIDDLE, RIGHT = grid(WIDTH, HEIGHT, TilePlan(size=100, overlap=0.5))


def thing(mask_hw: np.ndarray, **fields: object) -> Annotation:
    mask = encode(mask_hw)
    facts = {"bbox": bounding_box(mask), "area": float(mask_hw.sum()), "iscrowd": 0} | fields
    return Annotation(5, 1, 2, counts=mask["counts"], **facts)  # type: ignore[arg-type]


def block(left: int, top: int, right: int, bottom: int, **fields: object) -> Annotation:
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[top:bottom, left:right] = True
    return thing(mask, **fields)


def shown(annotation: Annotation) -> dict[Window, Annotation]:
    return dict(pieces_of(annotation, IMAGE, [LEFT, MIDDLE, RIGHT]))


def test_a_tile_that_shows_nothing_of_an_object_gets_nothing() -> None:
    assert set(shown(block(10, 10, 30, 30))) == {LEFT}


def test_an_object_in_two_tiles_is_in_both_in_their_own_pixels() -> None:
    found = shown(block(60, 10, 80, 30))
    assert {tile: piece.bbox for tile, piece in found.items()} == {LEFT: (60, 10, 20, 20), MIDDLE: (10, 10, 20, 20)}


def test_a_whole_object_keeps_its_annotated_box_and_area() -> None:
    piece = shown(block(10, 10, 30, 30, bbox=(10.3, 9.8, 19.5, 20.4), area=390.5))[LEFT]
    assert piece.bbox == pytest.approx((10.3, 9.8, 19.5, 20.4))
    assert piece.area == 390.5


def test_a_cut_object_ends_at_the_border_and_elsewhere_with_its_annotated_box() -> None:
    piece = shown(block(20, 10, 130, 30, bbox=(20.3, 9.8, 109.5, 20.4)))[LEFT]
    assert piece.bbox == pytest.approx((20.3, 9.8, 79.7, 20.4))
    assert piece.area == 1600


def test_a_box_that_has_nothing_to_do_with_the_mask_gives_way_to_it() -> None:
    assert shown(block(20, 10, 130, 30, bbox=(150.0, 60.0, 5.0, 5.0)))[LEFT].bbox == (20, 10, 80, 20)


def test_a_sliver_that_another_tile_shows_better_is_ignored() -> None:
    found = shown(block(30, 10, 58, 30))
    assert {tile: piece.iscrowd for tile, piece in found.items()} == {LEFT: 0, MIDDLE: 0}
    assert shown(block(30, 10, 55, 30))[MIDDLE].iscrowd == 1


def test_a_part_of_a_quarter_of_the_tile_is_no_sliver() -> None:
    long = shown(block(0, 0, 126, 100))
    assert {tile: piece.iscrowd for tile, piece in long.items()} == {LEFT: 0, MIDDLE: 0, RIGHT: 0}


def test_a_crowd_stays_a_crowd() -> None:
    assert {piece.iscrowd for piece in shown(block(60, 10, 80, 30, iscrowd=1)).values()} == {1}


@settings(max_examples=30)
@given(st.integers(0, 9999), st.floats(0.05, 0.5))
def test_every_pixel_is_in_a_part_that_stays(seed: int, overlap: float) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for _ in range(rng.integers(1, 4)):
        x, y, width, height = rng.integers(0, [WIDTH, HEIGHT, WIDTH, HEIGHT])
        mask[y : y + height + 1, x : x + width + 1] = True
    found = np.zeros_like(mask)
    for tile, piece in pieces_of(thing(mask), IMAGE, grid(WIDTH, HEIGHT, TilePlan(size=64, overlap=overlap))):
        part = decode({"size": [tile.height, tile.width], "counts": piece.counts}) == 1
        found[tile.y : tile.bottom, tile.x : tile.right] |= part & (not piece.iscrowd)
    np.testing.assert_array_equal(found, mask)
