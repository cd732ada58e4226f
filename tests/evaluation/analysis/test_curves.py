"""Precision over recall and over the score, where both are known."""

from typing import Any

import pytest

from rehead.evaluation.analysis.report import analyse
from tests.evaluation.analysis.drawn import BOLT, Entry, found, noisy_case, square, truth_of

TRUTH = truth_of(square(0, 0), square(100, 0))
RESULTS = found((square(0, 0), 0.9), (square(0, 150), 0.8), (square(100, 0), 0.7))


def curves(truth: Entry, results: list[Entry], part: str = "score_curves") -> Any:
    return analyse(truth, results, thresholds={}, max_detections=100)[part]


def at(score: float, name: str = "nut") -> dict[str, float | None]:
    curve = curves(TRUTH, RESULTS)["classes"][name] if name else curves(TRUTH, RESULTS)["all"]
    place = curve["score"].index(score)
    return {key: curve[key][place] for key in ("precision", "recall", "f1")}


def test_precision_recall_and_f1_follow_what_is_shown() -> None:
    assert at(0.75) == {"precision": 0.5, "recall": 0.5, "f1": 0.5}


def test_a_detection_is_shown_at_its_own_score() -> None:
    assert at(0.7) == {"precision": pytest.approx(2 / 3, abs=1e-6), "recall": 1.0, "f1": 0.8}


def test_precision_is_undefined_where_nothing_is_shown() -> None:
    assert at(0.95) == {"precision": None, "recall": 0.0, "f1": 0.0}


def test_a_class_without_objects_has_no_score_curve_and_is_left_out_of_the_mean() -> None:
    assert (at(0.75, "bolt")["f1"], at(0.75, "")) == (None, at(0.75))


def test_scores_beyond_one_stretch_the_axis() -> None:
    results = found((square(0, 0), 12.0))
    assert curves(TRUTH, results)["classes"]["nut"]["score"][-1] == 12.0


def test_precision_over_recall_is_made_monotone_as_coco_does() -> None:
    curve = curves(TRUTH, RESULTS, "curves")["mask"]["classes"]["nut"]
    assert (curve["precision50"][50], curve["precision50"][51]) == (1.0, pytest.approx(2 / 3, abs=1e-6))


def test_the_score_along_recall_is_where_that_many_are_found() -> None:
    curve = curves(TRUTH, RESULTS, "curves")["mask"]["classes"]["nut"]
    assert (curve["score50"][50], curve["score50"][51]) == (0.9, 0.7)


def test_a_recall_out_of_reach_has_no_precision_and_no_score() -> None:
    curve = curves(TRUTH, RESULTS[:1], "curves")["mask"]["classes"]["nut"]
    assert (curve["precision50"][100], curve["score50"][100]) == (0.0, None)


def test_a_class_without_objects_has_no_curve() -> None:
    assert curves(TRUTH, RESULTS, "curves")["mask"]["classes"]["bolt"]["precision50"] is None


def test_all_is_the_mean_over_classes() -> None:
    truth = truth_of(square(0, 0), square(100, 0, category=BOLT))
    curve = curves(truth, found((square(0, 0), 0.9)), "curves")["box"]["all"]
    assert curve["precision50"] == [0.5] * 101


def test_a_class_that_is_called_all_has_a_curve_beside_the_mean() -> None:
    truth = truth_of(square(0, 0), square(100, 0, category=BOLT))
    truth["categories"][0]["name"] = "all"
    results = found((square(0, 0), 0.9))
    drawn, by_score = curves(truth, results, "curves")["mask"], curves(truth, results)
    assert (drawn["classes"]["all"]["precision50"][0], drawn["all"]["precision50"][0]) == (1.0, 0.5)
    assert (by_score["classes"]["all"]["recall"][0], by_score["all"]["recall"][0]) == (1.0, 0.5)


def test_the_mean_of_the_curve_is_the_average_precision_of_the_error_analysis() -> None:
    analysis = analyse(*noisy_case(3), thresholds={}, max_detections=100)
    curve = analysis["curves"]["mask"]["all"]["precision50"]
    assert sum(curve) / 101 == pytest.approx(analysis["errors"]["mask"]["AP50"], abs=2e-6)
