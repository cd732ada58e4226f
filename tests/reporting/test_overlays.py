"""What is painted where."""

from typing import Any

import numpy as np
import pytest

from rehead.coco import rle
from rehead.reporting import palette
from rehead.reporting.overlays import display_scale, draw_objects

NAMES = {1: "circle", 2: "star"}
GREY = np.full((160, 160, 3), 128, dtype=np.uint8)


def square(category_id: int, **more: Any) -> dict[str, Any]:
    mask_hw = np.zeros((160, 160), dtype=np.uint8)
    mask_hw[60:100, 60:100] = 1
    return {"category_id": category_id, "segmentation": rle.encode(mask_hw), **more}


def test_a_small_picture_grows_by_a_whole_factor_to_a_readable_size() -> None:
    assert draw_objects(GREY, [], NAMES).shape == (480, 480, 3)


def test_a_large_picture_shrinks_to_the_largest_side() -> None:
    assert display_scale(3000, 4000) == pytest.approx(960 / 4000)


def test_the_outline_has_the_colour_of_the_class() -> None:
    drawn = draw_objects(GREY, [square(2)], NAMES)
    assert tuple(drawn[299, 240]) == palette.colour(1)


def test_the_inside_shows_the_picture_through_a_light_fill() -> None:
    inside = draw_objects(GREY, [square(2)], NAMES)[240, 240].astype(int)
    full = np.array(palette.colour(1)) - 128
    assert np.abs(inside - 128 - full * 0.24).max() <= 1


def test_what_lies_away_from_objects_and_chips_is_unchanged() -> None:
    drawn = draw_objects(GREY, [square(1)], NAMES)
    assert (drawn[310:] == 128).all()


def test_a_chip_names_the_class_above_the_object() -> None:
    drawn = draw_objects(GREY, [square(1)], NAMES)
    assert (drawn[155:180, 200:280] == palette.colour(0)).all(axis=2).any()


def test_objects_of_a_single_class_differ_in_colour() -> None:
    mask_hw = np.zeros((160, 160), dtype=np.uint8)
    mask_hw[60:100, 110:140] = 1
    other = {"category_id": 1, "segmentation": rle.encode(mask_hw)}
    drawn = draw_objects(GREY, [square(1), other], {1: "nucleus"})
    assert tuple(drawn[240, 181]) != tuple(drawn[240, 331])


def test_an_empty_mask_leaves_the_picture_as_it_is() -> None:
    empty = {"category_id": 1, "segmentation": rle.encode(np.zeros((160, 160), dtype=np.uint8))}
    assert (draw_objects(GREY, [empty], {1: "nucleus"}) == 128).all()


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit a picture"):
        draw_objects(GREY[:80], [square(1)], NAMES)
