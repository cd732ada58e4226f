"""Labels that were made wrong are named, and sound ones are not."""

from typing import Any

import pytest

from rehead.evaluation.analysis.report import analyse
from tests.evaluation.analysis.drawn import BOLT, Entry, found, square, truth_of

PLACES = [(x, y) for y in (10, 60, 110, 160) for x in (10, 60, 110, 160)]
NUTS = [square(x, y) for x, y in PLACES]
BOLTS = [square(x, y, category=BOLT, image=2) for x, y in PLACES]
LABELS = [*NUTS, *BOLTS]
RIGHT = [(one, 0.95) for one in LABELS]


def doubts(labels: list[Entry], results: list[tuple[Entry, float]]) -> Any:
    truth = truth_of(*labels, images=2)
    return analyse(truth, found(*results), thresholds={}, max_detections=100)["label_errors"]


def the_doubt(labels: list[Entry], results: list[tuple[Entry, float]]) -> Any:
    (doubt,) = doubts(labels, results)
    return doubt


def test_labels_that_the_model_agrees_with_are_not_doubted() -> None:
    assert doubts(LABELS, RIGHT) == []


def test_a_sure_detection_without_a_label_is_a_missing_label() -> None:
    doubt = the_doubt(LABELS[1:], RIGHT)
    named = (doubt["kind"], doubt["class"], doubt["predicted"], doubt["annotation_id"], doubt["bbox"])
    assert named == ("missing label", None, "nut", None, [10, 10, 20, 20])


def test_a_missing_label_is_as_likely_as_such_a_score_is_right() -> None:
    assert the_doubt(LABELS[1:], RIGHT)["strength"] == pytest.approx((31 + 1) / (32 + 2), abs=1e-6)


def test_two_detections_of_one_thing_without_a_label_are_one_missing_label() -> None:
    assert the_doubt(LABELS[1:], [*RIGHT, (square(12, 10), 0.94)])["score"] == 0.95


def test_a_label_with_a_swapped_class_is_named() -> None:
    doubt = the_doubt([square(10, 10, category=BOLT), *LABELS[1:]], RIGHT)
    named = (doubt["kind"], doubt["class"], doubt["predicted"], doubt["annotation_id"], doubt["iou"])
    assert named == ("wrong class", "bolt", "nut", 1, 1.0)


def test_a_swapped_class_is_doubted_less_where_the_model_also_sees_the_label() -> None:
    labels = [square(10, 10, category=BOLT), *LABELS[1:]]
    alone = the_doubt(labels, RIGHT)
    defended = the_doubt(labels, [*RIGHT, (square(10, 10, category=BOLT), 0.3)])
    assert defended["strength"] < alone["strength"] / 2


def test_a_label_with_a_poor_outline_is_named() -> None:
    doubt = the_doubt([square(16, 10), *LABELS[1:]], RIGHT)
    assert (doubt["kind"], doubt["annotation_id"], doubt["bbox"]) == ("bad outline", 1, [16, 10, 20, 20])


def test_an_outline_is_doubted_by_what_it_lacks_of_the_usual_overlap() -> None:
    doubt = the_doubt([square(16, 10), *LABELS[1:]], RIGHT)
    trust, iou = 33 / 34, 14 / 26
    assert doubt["strength"] == pytest.approx(trust * (1 - iou), abs=1e-6)


def test_an_outline_too_poor_to_be_found_is_named_too() -> None:
    assert the_doubt([square(22, 10), *LABELS[1:]], RIGHT)["kind"] == "bad outline"


def test_an_object_that_nothing_comes_near_is_a_spurious_label() -> None:
    doubt = the_doubt([*LABELS, square(85, 85)], RIGHT)
    named = (doubt["kind"], doubt["class"], doubt["predicted"], doubt["score"], doubt["strength"])
    assert named == ("spurious label", "nut", None, None, pytest.approx(17 / 18, abs=1e-6))


def test_an_object_is_not_doubted_where_an_unsure_detection_comes_near() -> None:
    assert doubts([*LABELS, square(85, 85)], [*RIGHT, (square(85, 85), 0.1)]) == []


def test_an_object_is_not_doubted_where_the_model_misses_many_like_it() -> None:
    assert doubts(LABELS, RIGHT[8:]) == []


def test_a_model_that_is_mostly_wrong_is_not_asked() -> None:
    wrong = [(square(85, 35 + 50 * n, image=n % 2 + 1), 0.95) for n in range(3)]
    assert doubts(LABELS[:2], [*RIGHT[:2], *wrong]) == []


def test_a_detection_on_a_crowd_region_is_no_missing_label() -> None:
    crowd = square(0, 0, side=60, iscrowd=1)
    assert doubts([crowd, *LABELS[1:]], RIGHT) == []


def test_the_reason_names_the_numbers() -> None:
    assert the_doubt([square(10, 10, category=BOLT), *LABELS[1:]], RIGHT)["why"] == (
        "Labelled bolt, but found as nut with score 0.95 and IoU 1.00; no bolt is found."
    )


def test_the_strongest_doubt_comes_first() -> None:
    labels = [square(16, 10), *LABELS[2:], square(85, 85)]
    listed = doubts(labels, RIGHT)
    assert [(one["rank"], one["kind"]) for one in listed] == [
        (1, "missing label"),
        (2, "spurious label"),
        (3, "bad outline"),
    ]


def test_no_more_than_fifty_are_listed_and_all_that_are_very_likely_are_counted() -> None:
    labels = [square(x, y, image=n) for n in range(1, 21) for x, y in PLACES]
    unlabelled = [square(x, 85, image=n) for n in range(1, 11) for x in (10, 35, 60, 85, 110, 160)]
    results = found(*((one, 0.95) for one in [*labels, *unlabelled]))
    analysis = analyse(truth_of(*labels, images=20), results, thresholds={}, max_detections=100)
    assert (len(analysis["label_errors"]), analysis["strong_label_errors"]) == (50, 60)


def test_what_there_are_too_few_of_is_not_doubted() -> None:
    few = [square(10, 10 + 40 * n) for n in range(5)]
    assert doubts(few, [(one, 0.95) for one in few[1:]]) == []


def test_the_reason_against_a_lonely_label_names_how_many_others_are_found() -> None:
    why = the_doubt([*LABELS, square(85, 85)], RIGHT)["why"]
    assert why.endswith("; 16 of the 16 other objects of its class and size are found.")
