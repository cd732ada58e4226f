"""Scores against the share of right detections."""

from typing import Any

import pytest

from rehead.evaluation.analysis.report import analyse
from tests.evaluation.analysis.drawn import Entry, found, square, truth_of

TRUTH = truth_of(square(0, 0), square(50, 0), square(100, 0))


def calibration(results: list[Entry], truth: Entry = TRUTH) -> Any:
    return analyse(truth, results, thresholds={}, max_detections=100)["calibration"]


def test_a_step_compares_the_mean_score_with_the_share_that_is_right() -> None:
    (step,) = calibration(found((square(0, 0), 0.92), (square(150, 150), 0.98)))["bins"]
    assert step == {"low": 0.9, "high": 1.0, "score": 0.95, "precision": 0.5, "count": 2}


def test_the_expected_error_weighs_steps_by_their_detections() -> None:
    results = found((square(0, 0), 0.9), (square(50, 0), 0.9), (square(100, 0), 0.9), (square(150, 150), 0.4))
    assert calibration(results)["expected_error"] == pytest.approx(0.75 * 0.1 + 0.25 * 0.4)


def test_scores_that_hold_what_they_promise_have_no_error() -> None:
    results = found((square(0, 0), 0.5), (square(150, 150), 0.5))
    assert calibration(results)["expected_error"] == 0.0


def test_scores_of_zero_and_one_lie_in_the_outer_steps() -> None:
    bins = calibration(found((square(0, 0), 1.0), (square(150, 150), 0.0)))["bins"]
    assert [one["low"] for one in bins] == [0.0, 0.9]


def test_without_detections_there_is_no_calibration() -> None:
    assert calibration([]) == {"bins": [], "expected_error": None}


def test_what_coco_ignores_does_not_count() -> None:
    truth = truth_of(square(0, 0, side=100, iscrowd=1))
    assert calibration(found((square(0, 0), 0.9)), truth)["bins"] == []
