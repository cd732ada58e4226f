"""COCO's rules of matching, one by one: what a detection takes, and whether it counts."""

from typing import Any

import numpy as np

from rehead.evaluation.coco_map import evaluate_heads
from rehead.evaluation.matches import Matches, matches_of
from tests.evaluation.test_coco_map import annotation, result, truth_of

AT_80 = 6
"""Row of the IoU threshold 0.8."""


def met(truth: dict[str, Any], results: list[dict[str, Any]], *, area: int = 0) -> Matches:
    return matches_of(evaluate_heads(truth, results, max_detections=100, heads=["box"])["box"], area=area)[0]


def test_of_equal_overlaps_the_object_that_comes_last_is_taken() -> None:
    truth = truth_of(annotation(1, (0, 0, 40, 40)), annotation(2, (4, 0, 40, 40)))
    between, nearer_to_the_last = result((2, 0, 40, 40), 0.9), result((6, 0, 40, 40), 0.8)
    assert met(truth, [between, nearer_to_the_last]).object_td[AT_80].tolist() == [2, 0]


def test_an_object_is_taken_once_and_a_crowd_region_again_and_again() -> None:
    twice = [result((10, 10, 40, 40), 0.9), result((10, 10, 40, 40), 0.8)]
    assert met(truth_of(annotation(5, (10, 10, 40, 40))), twice).object_td[0].tolist() == [5, 0]
    crowd = met(truth_of(annotation(5, (10, 10, 40, 40), crowd=1)), twice)
    assert (crowd.object_td[0].tolist(), crowd.counted_td.any()) == ([5, 5], np.False_)


def test_an_object_of_its_own_size_is_taken_before_a_better_overlap_of_another_size() -> None:
    large, middle = annotation(1, (0, 0, 97, 97)), annotation(2, (0, 0, 80, 80))
    found = met(truth_of(large, middle), [result((0, 0, 95, 95))], area=2)
    assert (found.object_td[0, 0], found.hits_td[0, 0]) == (2, True)


def test_what_met_nothing_counts_against_its_own_size_alone() -> None:
    stray = [result((50, 50, 10, 10))]
    truth = truth_of(annotation(1, (0, 0, 40, 40)))
    assert [bool(met(truth, stray, area=area).counted_td.all()) for area in range(4)] == [True, True, False, False]


def test_matches_name_the_results_and_images_that_they_came_from() -> None:
    truth = truth_of(annotation(1, (0, 0, 40, 40)), annotation(2, (0, 0, 40, 40)))
    truth["images"].insert(0, truth["images"][0] | {"id": 7})
    truth["annotations"][1]["image_id"] = 7
    results = [result((0, 0, 40, 40), 0.2), result((0, 0, 40, 40), 0.6) | {"image_id": 7}]
    found = met(truth, results)
    assert [column.tolist() for column in (found.result_d, found.image_d, found.objects_i)] == [[1, 0], [1, 0], [1, 1]]
