"""How many boxes cover each place of the picture."""

import numpy as np

from rehead.coco.coverage import coverage
from rehead.coco.measurements import Measurements


def _measured(boxes: list[tuple[float, ...]], sizes: list[tuple[int, int]], image: list[int]) -> Measurements:
    return Measurements(
        classes=("cat",),
        file_names=tuple(map(str, range(len(sizes)))),
        sizes_n2=np.array(sizes, np.int64),
        boxes_m4=np.array(boxes, np.float64).reshape(-1, 4),
        areas_m=np.ones(len(boxes)),
        image_m=np.array(image, np.int64),
        label_m=np.zeros(len(boxes), np.int64),
        crowds_n=np.zeros(len(sizes), np.int64),
    )


def test_a_box_covers_its_own_cells_alone() -> None:
    found = coverage(_measured([(0, 0, 20, 10)], [(40, 40)], [0]), cells=4)
    assert found.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_boxes_over_each_other_add_up() -> None:
    assert coverage(_measured([(0, 0, 40, 40)] * 3, [(40, 40)], [0] * 3), cells=2).tolist() == [[3, 3], [3, 3]]


def test_pictures_of_all_sizes_lie_over_each_other() -> None:
    found = coverage(_measured([(0, 0, 20, 40), (0, 0, 50, 10)], [(40, 40), (100, 10)], [0, 1]), cells=2)
    assert found.tolist() == [[1, 0], [1, 0]]


def test_a_box_that_ends_with_the_picture_stays_inside() -> None:
    assert coverage(_measured([(20, 30, 20, 10)], [(40, 40)], [0]), cells=4)[3].tolist() == [0, 0, 1, 1]
