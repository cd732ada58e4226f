"""Who was taken for whom."""

from typing import Any

from rehead.evaluation.analysis.report import analyse
from tests.evaluation.analysis.drawn import BOLT, Entry, found, square, truth_of


def counts(truth: Entry, results: list[Entry], **thresholds: float) -> Any:
    """Rows: nut, bolt, invented; columns: nut, bolt, missed."""
    return analyse(truth, results, thresholds=thresholds, max_detections=100)["confusion"]["counts"]


def test_right_swapped_missed_and_invented_stand_in_their_places() -> None:
    truth = truth_of(square(0, 0), square(50, 0), square(100, 0), square(0, 100, category=BOLT))
    results = found(
        (square(0, 0), 0.9), (square(50, 0, category=BOLT), 0.9), (square(0, 100, category=BOLT), 0.9),
        (square(150, 150), 0.9),
    )  # fmt: skip
    assert counts(truth, results) == [[1, 1, 1], [0, 1, 0], [1, 0, 0]]


def test_a_detection_prefers_its_own_class_to_a_better_overlap() -> None:
    truth = truth_of(square(0, 0, category=BOLT), square(3, 0))
    assert counts(truth, found((square(0, 0), 0.9)))[0] == [1, 0, 0]


def test_the_best_score_chooses_first() -> None:
    results = found((square(0, 0), 0.8), (square(0, 0, category=BOLT), 0.9))
    assert counts(truth_of(square(0, 0)), results) == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]


def test_each_class_is_shown_from_its_own_threshold_on() -> None:
    truth = truth_of(square(0, 0), square(0, 100, category=BOLT))
    results = found((square(0, 0), 0.4), (square(0, 100, category=BOLT), 0.4))
    assert counts(truth, results, nut=0.3, bolt=0.45) == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_an_overlap_below_a_half_claims_nothing() -> None:
    assert counts(truth_of(square(0, 0)), found((square(10, 0), 0.9))) == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]


def test_a_crowd_region_is_neither_missed_nor_are_detections_on_it_invented() -> None:
    truth = truth_of(square(0, 0, side=100, iscrowd=1))
    assert counts(truth, found((square(20, 20), 0.9))) == [[0, 0, 0]] * 3


def test_a_detection_of_another_class_on_a_crowd_region_is_invented() -> None:
    truth = truth_of(square(0, 0, side=100, iscrowd=1))
    assert counts(truth, found((square(20, 20, category=BOLT), 0.9)))[2] == [0, 1, 0]
