"""The matching is pycocotools', ties, crowds and ignored sizes included."""

import contextlib
import copy
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from rehead.coco.rle import area
from rehead.evaluation.analysis.curves import class_curve
from rehead.evaluation.analysis.matching import Matching, Outcomes, match, outcomes_of
from rehead.evaluation.analysis.pairs import Picture, pictures_of
from tests.evaluation.analysis.drawn import BOLT, NUT, Entry, found, noisy_case, square, truth_of

CLASSES = [NUT, BOLT]
SIZES = np.array([[0, 1e10], [0, 32.0**2], [32.0**2, 96.0**2], [96.0**2, 1e10]])
THRESHOLDS = np.linspace(0.5, 0.95, 10)


def reference(truth: Entry, results: list[Entry], kind: str, *, limit: int) -> dict[str, Any]:
    """Let pycocotools accumulate the same; of a mask's results the mask alone, whose size would be its box's."""
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = {"info": {}} | copy.deepcopy(truth)
        known.createIndex()
        own = [{key: value for key, value in one.items() if key != "bbox" or kind == "bbox"} for one in results]
        evaluation = COCOeval(known, known.loadRes(own), kind)
        evaluation.params.maxDets = [1, min(10, limit), limit]
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval


def outside_sizes(areas_n: np.ndarray) -> np.ndarray:
    return (areas_n < SIZES[:, :1]) | (areas_n > SIZES[:, 1:])


def area_of(one: Mapping[str, Any], head: str) -> float:
    return float(one["bbox"][2] * one["bbox"][3]) if head == "box" else area(one["segmentation"])


def of_each_size(picture: Picture, head: str) -> Matching:
    areas_a = np.array([one["area"] for one in picture.annotations])
    areas_d = np.array([area_of(one, head) for one in picture.found])
    outside = {"outside_sa": outside_sizes(areas_a), "outside_sd": outside_sizes(areas_d)}
    return match(picture, head, thresholds_t=THRESHOLDS, **outside)


def outcomes_by_size(truth: Entry, results: list[Entry], head: str, *, limit: int) -> Outcomes:
    pictures = pictures_of(truth, results, max_detections=limit)
    return outcomes_of(pictures, [of_each_size(picture, head) for picture in pictures], CLASSES)


@pytest.mark.parametrize("head", ["box", "mask"])
@pytest.mark.parametrize("seed", range(4))
def test_precision_of_every_size_and_threshold_is_that_of_pycocotools(head: str, seed: int) -> None:
    truth, results = noisy_case(seed)
    expected = reference(truth, results, {"box": "bbox", "mask": "segm"}[head], limit=100)["precision"][..., 2]
    outcomes = outcomes_by_size(truth, results, head, limit=100)
    for place, category in enumerate(CLASSES):
        for group in range(len(SIZES)):
            for step in range(len(THRESHOLDS)):
                curve = class_curve(outcomes, category, group=group, step=step)
                drawn = np.full(101, -1.0) if curve is None else curve.precision_r
                np.testing.assert_allclose(drawn, expected[step, :, place, group], atol=1e-12)


def test_scores_along_the_curve_are_those_of_pycocotools() -> None:
    truth, results = noisy_case(1)
    expected = reference(truth, results, "segm", limit=100)["scores"][0, :, 0, 0, 2]
    curve = class_curve(outcomes_by_size(truth, results, "mask", limit=100), NUT)
    assert curve is not None
    np.testing.assert_allclose(np.nan_to_num(curve.score_r), expected)


def test_a_class_keeps_as_many_detections_of_an_image_as_the_limit_says() -> None:
    truth, results = noisy_case(2)
    expected = reference(truth, results, "segm", limit=2)["precision"][0, :, 0, 0, 2]
    curve = class_curve(outcomes_by_size(truth, results, "mask", limit=2), NUT)
    assert curve is not None
    np.testing.assert_allclose(curve.precision_r, expected, atol=1e-12)


def test_a_crowd_region_may_be_met_again_and_again() -> None:
    truth = truth_of(square(0, 0, side=100, iscrowd=1))
    results = found((square(0, 0), 0.9), (square(30, 30), 0.8), (square(60, 60), 0.7))
    (picture,) = pictures_of(truth, results, max_detections=100)
    assert not match(picture, "mask", thresholds_t=THRESHOLDS).counted_std.any()


def test_an_ignored_object_is_met_only_where_no_other_can_be() -> None:
    truth = truth_of(square(0, 0), square(2, 0))
    (picture,) = pictures_of(truth, found((square(0, 0), 0.9)), max_detections=100)
    outside_sa = np.array([[True, False]])
    matching = match(picture, "mask", thresholds_t=THRESHOLDS[:1], outside_sa=outside_sa)
    assert matching.met_std.item() == 1
