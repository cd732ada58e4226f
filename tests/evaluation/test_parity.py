"""The daily way of scoring gives what pycocotools gives, number by number, whatever is scored."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from rehead.evaluation.agreement import differences
from rehead.evaluation.coco_map import HEADS, coco_map, evaluate_heads, scores_of
from rehead.evaluation.curves import curves
from rehead.evaluation.matches import Evaluation, matches_of
from rehead.evaluation.reference import evaluated
from tests.evaluation.drawn import Results, Truth, datasets

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
TOLERANCE = 1e-9


def _compare(truth: Truth, results: Results, limit: int) -> None:
    """Compare all arrays, which hold every number of every class and size, and the twelve means."""
    fast, reference = (evaluate_heads(truth, results, max_detections=limit, by=by) for by in ("fast", "reference"))
    for head in HEADS:
        for one in (fast[head], _by_our_matching(fast[head], limit)):
            assert np.allclose(one.precision_trkal, reference[head].precision_trkal, rtol=0, atol=TOLERANCE), head
            assert np.allclose(one.recall_tkal, reference[head].recall_tkal, rtol=0, atol=TOLERANCE), head
    assert list(differences(scores_of(truth, fast), scores_of(truth, reference))) == []


def _by_our_matching(evaluation: Evaluation, limit: int) -> Evaluation:
    precision, recall = curves(evaluation.candidates(), (1, min(10, limit), limit))
    return Evaluation(precision, recall, evaluation.classes, evaluation.candidates)


@settings(max_examples=12, deadline=None, suppress_health_check=SLOW)
@given(datasets())
def test_every_number_is_that_of_pycocotools(drawn: tuple[Truth, Results, int]) -> None:
    _compare(*drawn)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(datasets())
def test_every_number_of_very_many_is_that_of_pycocotools(drawn: tuple[Truth, Results, int]) -> None:
    _compare(*drawn)


def _met(truth: Truth, results: Results, limit: int, head: str, area: int) -> list[dict[int, Any]]:
    """Say by pycocotools' own account of each class what each detection met and whether it counts."""
    found = evaluated(truth, results, head, limits=(1, min(10, limit), limit))
    low = found.params.areaRng[area]
    by_class: list[dict[int, Any]] = []
    for number in found.params.catIds:
        entries = [e for e in found.evalImgs if e and e["category_id"] == number and e["aRng"] == low]
        met: dict[int, Any] = {}
        for entry in entries:
            counted = np.asarray(entry["dtIgnore"]).reshape(10, -1) == 0
            objects = np.asarray(entry["dtMatches"]).reshape(10, -1)
            for column, row in enumerate(entry["dtIds"]):
                met[row - 1] = (entry["image_id"], tuple(objects[:, column]), tuple(counted[:, column]))
        by_class.append(met)
    return by_class


@settings(max_examples=6, deadline=None, suppress_health_check=SLOW)
@given(datasets())
def test_each_detection_meets_the_object_that_it_meets_in_pycocotools(drawn: tuple[Truth, Results, int]) -> None:
    truth, results, limit = drawn
    images = sorted(image["id"] for image in truth["images"])
    for head, evaluation in evaluate_heads(truth, results, max_detections=limit).items():
        for area in (0, 1):
            own = [
                {
                    int(m.result_d[d]): (images[m.image_d[d]], tuple(m.object_td[:, d]), tuple(m.counted_td[:, d]))
                    for d in range(len(m.scores_d))
                }
                for m in matches_of(evaluation, area=area)
            ]
            assert own == _met(truth, results, limit, head, area)


@settings(max_examples=6, deadline=None, suppress_health_check=SLOW)
@given(datasets())
def test_what_was_scored_is_left_as_it_was(drawn: tuple[Truth, Results, int]) -> None:
    truth, results, limit = drawn
    before = repr((truth, results))
    coco_map(truth, results, max_detections=limit)
    assert repr((truth, results)) == before
