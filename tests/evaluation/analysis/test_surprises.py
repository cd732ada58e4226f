"""Which images are named as best, worst and surprising."""

import math
from typing import Any

import pytest

from rehead.evaluation.analysis.report import analyse
from tests.evaluation.analysis.drawn import Entry, found, square, truth_of

IMAGES = 15
TRUTH = truth_of(*(square(20, 20, image=n) for n in range(1, IMAGES + 1)), images=IMAGES + 1)
EXACT = [(square(20, 20, image=n), 0.95) for n in range(1, IMAGES + 1)]
INVENTED = (square(100, 100, image=3), 0.95)


def analysis(results: list[Entry], truth: Entry = TRUTH) -> Any:
    return analyse(truth, results, thresholds={}, max_detections=100)


def surprise(results: list[Entry], image: int) -> float:
    value: float = analysis(results)["images"][image - 1]["surprise"]
    return value


def test_an_error_with_a_score_that_is_mostly_right_surprises() -> None:
    assert surprise(found(*EXACT, INVENTED), 3) == pytest.approx(math.log2(0.5 / (2 / 18)), abs=1e-6)


def test_an_object_of_a_class_that_is_mostly_found_surprises_when_missed() -> None:
    assert surprise(found(*EXACT[1:]), 1) == pytest.approx(math.log2(0.5 / (2 / 17)), abs=1e-6)


def test_an_image_without_errors_surprises_nobody() -> None:
    assert surprise(found(*EXACT, INVENTED), 4) == 0.0


def test_errors_that_are_as_likely_as_not_surprise_nobody() -> None:
    wrong = [(square(100, 100, image=n), 0.95) for n in range(1, IMAGES + 1)]
    assert analysis(found(*EXACT, *wrong))["rankings"]["surprising"] == []


def test_the_most_surprising_image_is_named_first() -> None:
    results = found(*EXACT[1:], INVENTED, (square(150, 150, image=3), 0.95))
    assert analysis(results)["rankings"]["surprising"] == [3, 1]


def test_the_worst_are_those_with_something_wrong_and_the_worst_of_them_first() -> None:
    assert analysis(found(*EXACT[1:], INVENTED))["rankings"]["worst"] == [1, 3]


def test_the_best_are_those_where_something_was_found() -> None:
    assert analysis(found(*EXACT[:2]))["rankings"]["best"] == [1, 2]


def test_no_more_than_twelve_are_named() -> None:
    assert len(analysis(found(*EXACT))["rankings"]["best"]) == 12


def test_quality_is_that_of_each_class_above_its_own_threshold() -> None:
    results = found((square(20, 20, image=1), 0.4))
    low = analyse(TRUTH, results, thresholds={"nut": 0.3}, max_detections=100)["images"][0]
    assert (low["quality"], low["matched"], low["missed"]) == (1.0, 1, 0)
