"""Which pictures count as worst."""

from typing import Any

import pytest

from rehead.reporting.ranking import rank_pictures


def test_the_picture_with_a_missed_object_comes_first(truth: dict[str, Any], results: list[dict[str, Any]]) -> None:
    assert [score.image_id for score in rank_pictures(truth, results, score_threshold=0.5)] == [7, 8]


def test_exact_masks_have_quality_one(truth: dict[str, Any]) -> None:
    perfect = [one | {"score": 1.0} for one in truth["annotations"]]
    assert {score.quality for score in rank_pictures(truth, perfect, score_threshold=0.5)} == {1.0}


def test_quality_is_iou_over_matches_and_half_the_misses(truth: dict[str, Any], results: list[dict[str, Any]]) -> None:
    worst = rank_pictures(truth, results, score_threshold=0.5)[0]
    assert worst.quality == pytest.approx((11 * 12) / (13 * 12) / 1.5)


def test_a_second_detection_of_one_object_is_spurious(truth: dict[str, Any], results: list[dict[str, Any]]) -> None:
    doubled = rank_pictures(truth, [*results, results[1] | {"score": 0.7}], score_threshold=0.5)
    assert next(score for score in doubled if score.image_id == 8).spurious == 1


def test_detections_below_the_threshold_do_not_count(truth: dict[str, Any], results: list[dict[str, Any]]) -> None:
    assert sum(score.spurious for score in rank_pictures(truth, results, score_threshold=0.1)) == 1


def test_a_detection_of_the_wrong_class_matches_nothing(truth: dict[str, Any]) -> None:
    wrong = [one | {"score": 1.0, "category_id": 3 - one["category_id"]} for one in truth["annotations"]]
    assert sum(score.matched for score in rank_pictures(truth, wrong, score_threshold=0.5)) == 0


def test_a_crowd_region_is_no_missed_object(truth: dict[str, Any]) -> None:
    crowded = truth | {"annotations": [one | {"iscrowd": 1} for one in truth["annotations"]]}
    assert {score.quality for score in rank_pictures(crowded, [], score_threshold=0.5)} == {1.0}
