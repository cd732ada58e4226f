from dataclasses import replace

import pytest

from rehead.evaluation.agreement import Difference, EvaluatorsDisagreeError, agreed_map, differences, refuse_differences
from rehead.evaluation.coco_map import METRICS, Metrics, Scores, coco_map
from tests.evaluation.test_coco_map import BOX, annotation, result, truth_of

NUMBERS: Metrics = dict.fromkeys(METRICS, 0.5)
SCORES = Scores(NUMBERS, NUMBERS, NUMBERS, {"nut": {"annotations": 3, "mask_AP": 0.25}})


def with_mask(value: float | None) -> Scores:
    return replace(SCORES, mask=NUMBERS | {"AP75": value})


@pytest.mark.parametrize("value", [0.5 + 2e-9, float("nan"), None])
def test_a_number_that_differs_is_named_with_both_values(value: float | None) -> None:
    with pytest.raises(EvaluatorsDisagreeError, match=rf"mask\.AP75 {value} against 0\.5"):
        refuse_differences(with_mask(value), SCORES)


def test_the_last_bits_may_differ() -> None:
    refuse_differences(with_mask(0.5 + 5e-10), SCORES)


def test_a_class_that_differs_is_named() -> None:
    other = replace(SCORES, per_class={"nut": {"annotations": 3, "mask_AP": 0.26}})
    assert list(differences(other, SCORES)) == [Difference("per_class.nut.mask_AP", 0.26, 0.25)]


def test_both_evaluators_are_named() -> None:
    with pytest.raises(EvaluatorsDisagreeError, match=r"^hotcoco [\d.]+ and pycocotools [\d.]+ give different"):
        refuse_differences(with_mask(0.7), SCORES)


def test_what_both_agree_on_is_the_score() -> None:
    truth, results = truth_of(annotation(1, BOX)), [result((10, 18, 40, 40))]
    assert agreed_map(truth, results) == coco_map(truth, results)


def test_a_box_that_one_evaluator_takes_for_found_and_the_other_for_missed_has_no_score() -> None:
    unread = [{**result(BOX), "bbox": [float("nan")] * 4}]
    with pytest.raises(EvaluatorsDisagreeError, match=r"box\.AR1 0\.0 against 1\.0"):
        agreed_map(truth_of(annotation(1, BOX)), unread, heads=["box"])
