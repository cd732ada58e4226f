"""Touching, falling into pieces, and what a grid keeps: against pictures drawn by hand."""

import numpy as np
import pytest

from rehead.cli.routing.outlines import kept, pieces, touching
from rehead.coco.windows import Crop


def drawn(*rows: str) -> np.ndarray:
    return np.array([[cell == "#" for cell in row] for row in rows])


def square(x: int, y: int, side: int = 4) -> Crop:
    return Crop(np.ones((side, side), np.bool_), x, y)


@pytest.mark.parametrize(
    ("x", "y", "met"),
    [(4, 0, True), (4, 4, True), (2, 2, True), (5, 0, False), (5, 5, False), (-4, 1, True), (-5, 1, False)],
)
def test_squares_touch_by_side_corner_or_overlap_and_not_across_a_gap(x: int, y: int, met: bool) -> None:
    assert touching([square(0, 0), square(x, y)]).tolist() == [met, met]


def test_boxes_that_overlap_are_no_objects_that_touch() -> None:
    corner = Crop(drawn("##.....", "#......", ".......", ".......", ".......", ".......", "......."), 0, 0)
    assert touching([corner, square(3, 3)]).tolist() == [False, False]


def test_only_those_that_touch_are_told() -> None:
    assert touching([square(0, 0), square(40, 40), square(0, 4)]).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        (["###", "###"], 1),
        (["##.", "..#"], 1),  # a corner joins
        (["#.#", "#.#"], 2),
        (["#####", "#...#", "#####"], 0),  # one piece less one hole
        (["#.#.#"], 3),
    ],
)
def test_pieces_are_counted_less_holes(rows: list[str], number: int) -> None:
    assert pieces(drawn(*rows)) == number


def test_a_grid_as_fine_as_the_object_keeps_all_of_it() -> None:
    mask_hw = np.random.default_rng(0).random((28, 28)) < 0.5
    assert kept(mask_hw, 28) == 1.0


def test_bars_thinner_than_a_cell_are_lost_to_a_coarse_grid_and_kept_by_a_finer_one() -> None:
    bars_hw = np.tile(np.repeat([True, False], 2), (112, 28))  # bars of 2 px, 4 px apart, on 112 px
    assert (kept(bars_hw, 28) < 0.6, kept(bars_hw, 112)) == (True, 1.0)
