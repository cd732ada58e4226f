"""How pictures are tallied, and which count as worst."""

import pytest

from rehead.evaluation.analysis.judged import Judged, judge
from rehead.evaluation.analysis.ranking import PictureScore, images_ranked, tallies
from tests.evaluation.analysis.drawn import BOLT, NUT, Entry, found, square, truth_of

TRUTH = truth_of(square(0, 0), square(50, 0, category=BOLT), square(0, 0, image=2), images=2)
RESULTS = found((square(0, 2), 0.9), (square(0, 0, image=2), 0.8), (square(100, 0, image=2), 0.2))


def judged(truth: Entry, results: list[Entry], threshold: float = 0.5) -> Judged:
    least = {NUT: threshold, BOLT: threshold}
    return judge(truth, results, heads=["mask"], least=least, max_detections=100)["mask"]


def tallied(truth: Entry = TRUTH, results: list[Entry] = RESULTS, *, threshold: float = 0.5) -> list[PictureScore]:
    return tallies(judged(truth, results, threshold))


def test_the_picture_with_a_missed_object_comes_before_one_with_a_poor_outline() -> None:
    poor = found((square(0, 2), 0.9), (square(50, 0, category=BOLT), 0.9))
    assert images_ranked(judged(TRUTH, poor))["rankings"]["worst"] == [2, 1]


def test_exact_masks_have_quality_one() -> None:
    perfect = [one | {"score": 1.0} for one in TRUTH["annotations"]]
    assert {score.quality for score in tallied(results=perfect)} == {1.0}


def test_quality_is_iou_over_matches_and_half_the_misses() -> None:
    assert tallied()[0].quality == pytest.approx((18 / 22) / 1.5)


def test_a_second_detection_of_one_object_is_spurious() -> None:
    doubled = tallied(results=[*RESULTS, RESULTS[1] | {"score": 0.7}])
    assert next(score for score in doubled if score.image_id == 2).spurious == 1


def test_detections_below_the_threshold_do_not_count() -> None:
    assert (sum(one.spurious for one in tallied()), sum(one.spurious for one in tallied(threshold=0.1))) == (0, 1)


def test_a_detection_of_the_wrong_class_matches_nothing() -> None:
    wrong = [one | {"score": 1.0, "category_id": 3 - one["category_id"]} for one in TRUTH["annotations"]]
    assert sum(score.matched for score in tallied(results=wrong)) == 0


def test_a_crowd_region_is_no_missed_object() -> None:
    crowded = TRUTH | {"annotations": [one | {"iscrowd": 1} for one in TRUTH["annotations"]]}
    assert {score.quality for score in tallied(crowded, [])} == {1.0}


def test_what_lies_on_a_crowd_region_is_not_spurious() -> None:
    crowded = truth_of(square(0, 0, side=100, iscrowd=1))
    assert tallied(crowded, found((square(20, 20), 0.9))) == [PictureScore(1, 1.0, 0, 0, 0)]
