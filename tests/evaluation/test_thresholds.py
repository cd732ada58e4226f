"""Thresholds chosen on known cases: which score each rule picks, what it rests on, what is said where it cannot."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rehead.coco.rle import encode
from rehead.dataset.split import ImageRecord, Split
from rehead.evaluation.plan import ThresholdRule
from rehead.evaluation.ranked import ranked_classes
from rehead.evaluation.thresholds import Threshold, choose_thresholds, thresholds_report

Found = Sequence[tuple[float, bool]]
"""Scores, best first, and whether there is such an object."""
WIDTH = 64


def square(image: int, category: int, x: int, **more: Any) -> dict[str, Any]:
    mask = np.zeros((16, WIDTH), dtype=np.uint8)
    mask[4:12, x : x + 8] = 1
    place = {"image_id": image, "category_id": category, "bbox": [x, 4, 8, 8], "segmentation": encode(mask)}
    return {**place, **more}


def case(**classes: tuple[int, Found]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Build truth and results of classes, each of so many objects, one an image, and of what was found."""
    truth: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    results: list[dict[str, Any]] = []
    for category, (name, (objects, found)) in enumerate(classes.items(), start=1):
        truth["categories"].append({"id": category, "name": name})
        for number in range(objects):
            image = 1000 * category + number
            truth["images"].append({"id": image, "file_name": f"{image}.png", "width": WIDTH, "height": 16})
            own = {"id": len(truth["annotations"]) + 1, "area": 64, "iscrowd": 0}
            truth["annotations"].append(square(image, category, 0, **own))
        free = iter(range(1000 * category, 1000 * category + objects))
        for score, hit in found:
            place = (next(free), 0) if hit else (1000 * category + objects - 1, 20 + len(results) % 30)
            results.append(square(place[0], category, place[1], score=score))
    return truth, results


def chosen_by(truth: dict[str, Any], results: list[dict[str, Any]], rule: ThresholdRule) -> dict[str, Threshold]:
    return choose_thresholds(ranked_classes(truth, results, max_detections=100), rule, images=len(truth["images"]))


def choose(objects: int, found: Found, rule: ThresholdRule = "f1") -> Threshold:
    truth, results = case(nut=(objects, found))
    return chosen_by(truth, results, rule)["nut"]


def scores(*numbers: float, hit: bool) -> list[tuple[float, bool]]:
    return [(number, hit) for number in numbers]


RIGHT = scores(*np.linspace(0.99, 0.9, 20).tolist(), hit=True)
"""Twenty hits, from 0.99 down to 0.9."""


def test_f1_puts_the_threshold_midway_between_the_hits_and_what_is_wrong() -> None:
    chosen = choose(20, [*RIGHT, (0.5, False), (0.4, False)])
    assert chosen.score == pytest.approx(0.7)
    assert (chosen.precision, chosen.recall, chosen.f1, chosen.objects) == (1.0, 1.0, 1.0, 20)


def test_f1_takes_a_wrong_one_with_it_where_hits_behind_it_are_worth_that() -> None:
    chosen = choose(22, [*RIGHT, (0.6, False), (0.5, True), (0.4, True), (0.1, False)])
    assert chosen.score == pytest.approx(0.25)
    assert chosen.f1 == pytest.approx(44 / 45)


def test_of_thresholds_with_the_same_f1_the_more_precise_one_is_taken() -> None:
    # Of 40 objects: 2 * 20 / (20 + 40) = 2 * 24 / (32 + 40).
    wrong = scores(0.7, 0.68, 0.66, 0.64, 0.62, 0.6, 0.58, 0.56, hit=False)
    chosen = choose(40, [*RIGHT, *wrong, *scores(0.4, 0.3, 0.2, 0.1, hit=True)])
    assert chosen.score == pytest.approx(0.8)


def test_without_anything_wrong_half_the_lowest_score_is_taken() -> None:
    assert choose(20, RIGHT).score == pytest.approx(0.45)


def test_equal_scores_are_never_parted() -> None:
    chosen = choose(22, [*RIGHT, *scores(0.6, 0.6, 0.6, hit=False), *scores(0.6, 0.6, hit=True)])
    assert chosen.score == pytest.approx(0.75)


def test_a_wanted_precision_is_reached_with_as_many_objects_as_it_allows() -> None:
    found = [*RIGHT, (0.8, False), *scores(0.7, 0.6, hit=True), *scores(0.5, 0.4, 0.3, hit=False)]
    chosen = choose(22, found, {"precision": 0.95})
    assert chosen.score == pytest.approx(0.55)
    assert chosen.precision == pytest.approx(22 / 23)
    assert chosen.because is None


def test_a_precision_that_no_score_reaches_is_come_near_to_and_named() -> None:
    chosen = choose(20, [(1.0, False), *RIGHT], {"precision": 0.99})
    assert chosen.score == pytest.approx(0.45)
    assert chosen.because == "no score reaches precision 0.99: the nearest, 0.952"


def test_a_wanted_recall_is_reached_as_precisely_as_it_can_be() -> None:
    chosen = choose(20, [*RIGHT[:16], (0.6, False), *scores(0.5, 0.4, hit=True)], {"recall": 0.8})
    assert chosen.score == pytest.approx((RIGHT[15][0] + 0.6) / 2)
    assert (chosen.precision, chosen.recall) == (1.0, 0.8)


def test_a_recall_that_no_score_reaches_is_come_near_to_and_named() -> None:
    chosen = choose(40, [*RIGHT, (0.5, False)], {"recall": 0.9})
    assert chosen.score == pytest.approx(0.7)
    assert chosen.because == "no score reaches recall 0.9: the nearest, 0.500"


def test_a_given_score_is_every_classs_however_few_its_objects() -> None:
    chosen = choose(2, [(0.9, True), (0.6, False)], 0.55)
    assert (chosen.score, chosen.precision, chosen.recall, chosen.because) == (0.55, 0.5, 0.5, None)


def test_the_interval_of_a_clear_case_is_narrow_and_that_of_a_muddled_one_wide() -> None:
    muddled = [(0.99 - place / 100, place % 3 == 0) for place in range(90)]
    low, high = choose(20, [*RIGHT, (0.5, False)]).interval or (0.0, 1.0)
    least, most = choose(40, muddled).interval or (0.0, 0.0)
    assert 1.5 * (high - low) < most - least


def test_a_class_of_few_objects_takes_the_threshold_of_all_classes_together() -> None:
    truth, results = case(nut=(20, [*RIGHT, (0.5, False)]), rare=(1, [(0.6, True)]))
    chosen = chosen_by(truth, results, "f1")
    assert [one.score for one in chosen.values()] == [pytest.approx(0.7), pytest.approx(0.55)]
    assert chosen["rare"].because == "1 object of it to choose by: the threshold of all classes together"
    assert (chosen["rare"].objects, chosen["rare"].recall) == (1, 1.0)


def test_a_class_of_which_nothing_was_found_takes_the_threshold_of_all_classes_together() -> None:
    truth, results = case(nut=(20, [*RIGHT, (0.5, False)]), shy=(22, [(0.9, False)]))
    shy = chosen_by(truth, results, "f1")["shy"]
    assert shy.because == "22 objects of it to choose by, and none was found: the threshold of all classes together"
    assert 0.5 < shy.score < 0.9


def test_what_lies_on_a_crowd_region_moves_no_threshold() -> None:
    truth, results = case(nut=(20, [*RIGHT, (0.5, False)]))
    truth["annotations"].append(square(1000, 1, 50, id=99, area=64, iscrowd=1))
    results.append(square(1000, 1, 50, score=0.7))
    assert chosen_by(truth, results, "f1")["nut"].score == pytest.approx(0.7)


def split_of(truth: dict[str, Any], name: str) -> Split:
    images = tuple(ImageRecord(i["id"], i["file_name"], i["width"], i["height"]) for i in truth["images"])
    classes = tuple(category["name"] for category in truth["categories"])
    return Split(Path(), name, classes, images, truth, {}, name)


def report_of(seen: Found, held_out: Found, rule: ThresholdRule = "f1", *, same: bool = False) -> dict[str, Any]:
    truth, found = case(nut=(20, seen))
    other, results = case(nut=(20, held_out), none=(3, []))
    other["categories"], other["annotations"] = other["categories"][:1], other["annotations"][:20]
    validation, test = split_of(truth, "val"), split_of(truth if same else other, "test")
    return thresholds_report(rule, validation=validation, found=found, test=test, results=results, max_detections=100)


def test_the_report_says_what_validations_thresholds_reach_on_test() -> None:
    told = report_of([*RIGHT, (0.5, False)], [*RIGHT[:8], (0.8, False), (0.6, True)])
    assert (told["on"], told["images"], told["rule"], told["note"]) == ("val", 20, "f1", None)
    assert told["classes"]["nut"]["test"] == {
        "precision": pytest.approx(8 / 9),
        "recall": pytest.approx(0.4),
        "f1": pytest.approx(16 / 29),
    }
    assert told["all"]["recall"] == 1.0
    assert told["all"]["test"] == told["classes"]["nut"]["test"]


def test_the_report_says_where_validation_and_test_are_the_same_images() -> None:
    assert "chosen on the images that they are reported for" in report_of(RIGHT, RIGHT, same=True)["note"]


def test_a_score_for_all_classes_needs_no_validation_images_of_its_own() -> None:
    assert report_of(RIGHT, RIGHT, 0.5, same=True)["note"] is None


def test_a_validation_split_without_objects_chooses_nothing_and_says_so() -> None:
    truth, results = case(nut=(20, RIGHT))
    empty = split_of({**truth, "images": [], "annotations": []}, "val")
    told = thresholds_report(
        "f1", validation=empty, found=[], test=split_of(truth, "test"), results=results, max_detections=100
    )
    assert told["note"] == "the val split shows no object to choose by: every threshold is 0.5"
    assert told["classes"]["nut"]["score"] == 0.5
