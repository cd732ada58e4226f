"""Objects measured by their pixels."""

from typing import Any

import pytest

from rehead.evaluation.analysis.areas import areas as measure
from rehead.evaluation.analysis.judged import judge
from rehead.evaluation.analysis.report import analyse
from tests.evaluation.analysis.drawn import BOLT, NUT, Entry, found, square, truth_of

TRUTH = truth_of(square(0, 0), square(50, 0), square(100, 0, category=BOLT))
RESULTS = found((square(0, 0, side=22), 0.9), (square(50, 0, side=16), 0.9), (square(100, 0, category=BOLT), 0.9))
LARGER, SMALLER = 22**2 / 20**2 - 1, 16**2 / 20**2 - 1


def areas(truth: Entry = TRUTH, results: list[Entry] = RESULTS) -> Any:
    return analyse(truth, results, thresholds={}, max_detections=100)["areas"]


def test_each_found_object_has_its_true_and_its_predicted_pixels() -> None:
    assert areas()["objects"][0] == {"class": "nut", "true": 400, "predicted": 484}


def test_the_bias_keeps_the_sign_of_errors_and_the_median_does_not() -> None:
    nuts = areas()["per_class"]["nut"]
    assert (nuts["bias"], nuts["median_relative_error"]) == pytest.approx(
        ((LARGER + SMALLER) / 2, (LARGER - SMALLER) / 2), abs=1e-6
    )


def test_one_in_ten_objects_errs_by_more_than_the_ninetieth_percentile() -> None:
    truth = truth_of(*(square(x, 100, side=10) for x in range(0, 165, 15)))
    results = found(*((square(x, 100, side=10 + (x == 0)), 0.9) for x in range(0, 165, 15)))
    assert areas(truth, results)["p90_relative_error"] == 0.0


def test_a_class_of_which_nothing_was_found_has_no_error() -> None:
    assert areas(results=RESULTS[:2])["per_class"]["bolt"]["bias"] is None


def test_objects_that_are_not_shown_are_not_measured() -> None:
    assert areas(results=[one | {"score": 0.1} for one in RESULTS])["of"] == 0


def test_of_many_objects_some_are_listed_and_all_are_counted() -> None:
    judged = judge(TRUTH, RESULTS, heads=["mask"], least={NUT: 0.5, BOLT: 0.5}, max_detections=100)["mask"]
    result = measure(judged, most=2)
    assert (len(result["objects"]), result["of"]) == (2, 3)
