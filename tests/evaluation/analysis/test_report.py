"""The whole analysis: ready for JSON, whatever is missing."""

import json
from typing import Any

import pytest

from rehead.evaluation.analysis.report import analyse
from tests.evaluation.analysis.drawn import NUT, Entry, found, noisy_case, square, truth_of

PARTS = {
    "iou", "thresholds", "curves", "score_curves", "confusion", "errors", "calibration", "counting", "areas", "groups",
    "images", "rankings", "label_errors", "strong_label_errors",
}  # fmt: skip


def analysis(truth: Entry, results: list[Entry], **thresholds: float) -> Any:
    return analyse(truth, results, thresholds=thresholds, max_detections=100)


@pytest.mark.parametrize("seed", range(3))
def test_every_part_is_there_and_is_json(seed: int) -> None:
    found_parts = json.loads(json.dumps(analysis(*noisy_case(seed)), allow_nan=False))
    assert set(found_parts) == PARTS


@pytest.mark.parametrize("truth", [truth_of(), truth_of(square(0, 0)), truth_of(square(0, 0, iscrowd=1), images=3)])
@pytest.mark.parametrize("results", [[], found((square(0, 0), 0.9))])
def test_nothing_labelled_or_nothing_found_is_no_failure(truth: Entry, results: list[Entry]) -> None:
    assert json.dumps(analysis(truth, results), allow_nan=False)


def test_the_order_of_results_and_annotations_changes_nothing() -> None:
    truth, results = noisy_case(5)
    scores = {one["score"]: one for one in results}  # without ties, which COCO settles by order
    turned = truth | {"annotations": truth["annotations"][::-1], "images": truth["images"][::-1]}
    assert analysis(turned, list(scores.values())[::-1]) == analysis(truth, list(scores.values()))


def test_results_without_masks_are_judged_by_their_boxes() -> None:
    truth, results = noisy_case(6)
    boxes = [{key: value for key, value in one.items() if key != "segmentation"} for one in results]
    whole, part = analysis(truth, results), analysis(truth, boxes)
    assert (part["errors"], part["areas"], part["groups"]) == ({"box": whole["errors"]["box"]}, None, None)


def test_a_class_without_a_threshold_is_shown_from_a_half_on() -> None:
    assert analysis(truth_of(), [], nut=0.25)["thresholds"] == {"nut": 0.25, "bolt": 0.5}


def test_a_threshold_of_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="'screw' is no class of the truth; name one of"):
        analysis(truth_of(), [], screw=0.5)


def test_categories_may_come_in_any_order() -> None:
    truth = truth_of(square(0, 0, category=NUT))
    turned = truth | {"categories": truth["categories"][::-1]}
    results = found((square(0, 0, category=NUT), 0.9))
    assert analysis(turned, results) == analysis(truth, results)
