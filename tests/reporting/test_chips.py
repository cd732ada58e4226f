"""Where labels go."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rehead.reporting import palette
from rehead.reporting.chips import Label, draw_chips, fit_text, place_chip

PICTURE = (200, 160)


@given(
    left=st.integers(0, 190),
    top=st.integers(0, 150),
    wide=st.integers(1, 100),
    high=st.integers(1, 100),
    chip=st.tuples(st.integers(10, 150), st.integers(10, 30)),
)
def test_a_chip_never_leaves_the_picture(left: int, top: int, wide: int, high: int, chip: tuple[int, int]) -> None:
    around = (left, top, min(200, left + wide), min(160, top + high))
    spot = place_chip(around, left, chip, PICTURE, [])
    assert spot[0] >= 0
    assert spot[1] >= 0
    assert spot[2] < PICTURE[0]
    assert spot[3] < PICTURE[1]


def test_a_chip_stands_above_the_highest_point_of_its_object() -> None:
    assert place_chip((50, 80, 120, 120), 100, (40, 20), PICTURE, []) == (80, 60, 120, 80)


def test_two_chips_of_objects_in_one_place_do_not_cover_each_other() -> None:
    first = place_chip((50, 80, 120, 120), 100, (40, 20), PICTURE, [])
    second = place_chip((50, 80, 120, 120), 100, (40, 20), PICTURE, [first])
    assert second[1] >= first[3] or second[3] <= first[1] or second[0] >= first[2] or second[2] <= first[0]


def test_a_long_name_is_cut_and_its_score_kept() -> None:
    text = fit_text("a" * 60 + " 0.97", 1000, size=16)
    assert text == "a" * 27 + "… 0.97"


def test_a_name_wider_than_the_picture_is_cut_to_fit() -> None:
    assert palette.font(16).getlength(fit_text("wide enough 0.97", 80, size=16)) <= 80


def test_chips_leave_a_crowded_picture_visible() -> None:
    ground = np.zeros((480, 480, 3), dtype=np.uint8)
    spots = [(x, y) for x in range(20, 440, 40) for y in range(40, 440, 40)]
    labels = [Label((x, y, x + 30, y + 30), x, "some class 0.97", (255, 255, 255)) for x, y in spots]
    assert (draw_chips(ground, labels) > 0).any(axis=2).mean() < 0.16


def test_a_lone_object_has_its_chip_however_small_the_picture() -> None:
    ground = np.zeros((20, 300, 3), dtype=np.uint8)
    assert draw_chips(ground, [Label((5, 5, 15, 15), 10, "a long class name 0.97", (255, 255, 255))]).any()
