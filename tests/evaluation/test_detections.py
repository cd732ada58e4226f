"""Whether a detection reaches a threshold: asked of the same numbers wherever it is asked."""

import numpy as np
import pytest

from rehead.evaluation.analysis.judged import judge
from rehead.evaluation.analysis.report import analyse
from rehead.evaluation.detections import Detections, coco_results
from rehead.evaluation.ranked import ranked_classes
from rehead.reporting.browser_objects import shown_objects
from tests.evaluation.test_comparison import truth_of

AT = [(0.9, 0), (0.1, 1)]
"""Thresholds which float32 rounds down and up, and whether a score of that float32 reaches them."""


def one_of(score: float) -> Detections:
    """Find the first object of the truth exactly."""
    first = truth_of(1)["annotations"][0]
    x, y, w, h = first["bbox"]
    box_n4 = np.array([[x, y, x + w, y + h]], np.float32)
    return Detections(box_n4, np.array([1]), np.array([score], np.float32), [first["segmentation"]])


@pytest.mark.parametrize(("threshold", "kept"), AT)
def test_a_score_at_the_threshold_is_answered_as_it_is_counted(threshold: float, kept: int) -> None:
    found, truth = one_of(threshold), truth_of(1)
    results = coco_results(found, image_id=1)
    counted = ranked_classes(truth, results, max_detections=100)["a"].above(threshold)
    assert len(found.reaching([threshold]).masks) == len(counted.scores_d) == kept


@pytest.mark.parametrize(("threshold", "kept"), AT)
def test_a_score_at_the_threshold_is_shown_as_it_is_counted(threshold: float, kept: int) -> None:
    truth, results = truth_of(1), coco_results(one_of(threshold), image_id=1)
    least = {1: threshold, 2: threshold}
    judged = judge(truth, results, heads=["mask"], least=least, max_detections=100)["mask"]
    names = {1: "a", 2: "b"}
    shown = shown_objects(judged.pictures[0], judged.matchings[0], (110, 110), names, thresholds=least, room=1000)
    [one] = shown.predictions
    assert one.score is not None
    assert (not one.below, one.score >= threshold) == (bool(kept), bool(kept))


def test_the_analysis_tells_thresholds_in_full() -> None:
    told = analyse(truth_of(1), [], thresholds={"a": 0.123456789}, max_detections=100)
    assert told["thresholds"]["a"] == 0.123456789
