from typing import Any

import numpy as np
import pytest

from rehead.evaluation.comparison import _difference, _needed, compare, refuse_other_data
from tests.evaluation.test_uncertainty import entry

IMAGES = 40


def truth_of(images: int = IMAGES) -> dict[str, Any]:
    """Two objects in each image: one of class a, one of class b."""
    annotations = [
        entry(image, category, 10 + 50 * (category - 1), 10, 30, 30)
        for image in range(1, images + 1)
        for category in (1, 2)
    ]
    return {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 110, "height": 110} for n in range(1, images + 1)],
        "annotations": [
            annotation | {"id": number, "iscrowd": 0, "area": 900} for number, annotation in enumerate(annotations, 1)
        ],
        "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
    }


def found(truth: dict[str, Any], *, missed: set[int] = frozenset()) -> list[dict[str, Any]]:  # type: ignore[assignment]
    """Find every object but those of class a in some images."""
    fields = ("image_id", "category_id", "bbox", "segmentation")
    return [
        {field: a[field] for field in fields} | {"score": 0.9}
        for a in truth["annotations"]
        if a["category_id"] == 2 or a["image_id"] not in missed
    ]


def test_a_model_that_misses_half_of_a_class_is_worse_in_that_class_and_equal_in_the_other() -> None:
    truth = truth_of()
    told = compare(truth, found(truth), found(truth, missed=set(range(1, 21))), max_detections=100, resamples=200)
    assert (told.verdict, told.per_class["a"].verdict, told.per_class["b"].verdict) == ("worse", "worse", "equal")
    assert told.per_class["a"].first == pytest.approx(1.0)
    assert told.per_class["a"].second == pytest.approx(51 / 101)  # half of the objects: recalls 0 to 0.50


def test_the_other_way_round_it_is_better_by_the_mirrored_bounds() -> None:
    truth, fewer = truth_of(), found(truth_of(), missed=set(range(1, 21)))
    one = compare(truth, found(truth), fewer, max_detections=100, resamples=200).heads["mask"]["AP"]
    other = compare(truth, fewer, found(truth), max_detections=100, resamples=200).heads["mask"]["AP"]
    assert other.verdict == "better"
    assert (other.low, other.high) == pytest.approx((-(one.high or 9), -(one.low or 9)))


def test_one_object_more_or_less_is_not_enough_data_and_says_how_many_images_would_be() -> None:
    truth = truth_of()
    lead = compare(truth, found(truth, missed={1}), found(truth, missed={2, 3}), max_detections=100, resamples=200)
    mask = lead.heads["mask"]["AP"]
    assert mask.verdict == "not enough data"
    assert (mask.images_needed or 0) > IMAGES


@pytest.mark.parametrize(("images", "verdict"), [(1, "not enough data"), (5, "not enough data"), (6, "better")])
def test_fewer_images_than_a_sign_test_takes_give_no_verdict(images: int, verdict: str) -> None:
    truth = truth_of(images)
    lead = compare(truth, [], found(truth), max_detections=100, resamples=50).heads["mask"]["AP"]
    needed = {"not enough data": 6, "better": None}[verdict]
    assert (lead.verdict, lead.low is None, lead.images_needed) == (verdict, images < 6, needed)


def test_a_class_in_one_image_gets_no_verdict_however_clear_its_lead() -> None:
    truth = truth_of()
    truth["categories"].append({"id": 3, "name": "c"})
    rare = entry(1, 3, 10, 60, 30, 30) | {"id": 81, "iscrowd": 0, "area": 900}
    truth["annotations"].append(rare)
    without = [one for one in found(truth) if one["category_id"] != 3]
    told = compare(truth, without, found(truth), max_detections=100, resamples=200)
    lead = told.per_class["c"]
    assert [lead.first, lead.second] == pytest.approx([0.0, 1.0])
    assert (lead.verdict, lead.low, lead.high, lead.images_needed) == ("not enough data", None, None, 6 * IMAGES)
    assert (told.verdict, told.heads["mask"]["AP"].images_needed) == ("not enough data", None)


def test_as_many_images_as_are_asked_for_tell_the_difference_four_times_in_five() -> None:
    rng, told = np.random.default_rng(0), 0
    lead, spread, images = 0.1, 1.0, 400
    reach = 1.96 * spread / images**0.5
    needed = _needed(lead, lead - reach, lead + reach, images, 0.95)
    assert needed == 785  # (1.96 + 0.84)^2 of them for a lead of a tenth of their spread
    for _ in range(2000):
        told += abs(rng.normal(lead, spread, needed).mean()) > 1.96 * spread / needed**0.5
    assert told / 2000 == pytest.approx(0.8, abs=0.03)


def test_more_images_are_asked_for_than_there_are_though_the_interval_lies_to_one_side() -> None:
    lead = _difference(
        [np.array([[0.5], [0], [0], [0]]), np.array([[0.6], [-0.01], [0.1], [0.15]])], np.ones(40, int), 0.95
    )
    assert (lead.verdict, lead.images_needed) == ("not enough data", 90)


def test_a_difference_of_rounding_asks_for_no_images() -> None:
    lead = _difference([np.array([[0.6], [0], [0]]), np.array([[0.6 + 3e-16], [-0.1], [0.1]])], np.ones(40, int), 0.95)
    assert (lead.verdict, lead.images_needed) == ("not enough data", None)


def test_resamples_that_differ_by_rounding_are_equal() -> None:
    lead = _difference([np.full((4, 1), 0.6), np.full((4, 1), 0.6 + 3e-16)], np.ones(40, int), 0.95)
    assert (lead.verdict, lead.images_needed) == ("equal", None)


def test_a_class_without_objects_gets_no_verdict() -> None:
    truth = truth_of()
    truth["categories"].append({"id": 3, "name": "c"})
    told = compare(truth, found(truth), found(truth), max_detections=100, resamples=20).per_class["c"]
    assert (told.first, told.second, told.verdict) == (None, None, "not enough data")


def test_results_without_masks_are_judged_by_their_boxes() -> None:
    truth = truth_of()
    boxes = [{name: value for name, value in one.items() if name != "segmentation"} for one in found(truth)]
    fewer = [one for one in boxes if one["category_id"] == 2]
    told = compare(truth, boxes, fewer, max_detections=100, resamples=20)
    mask = told.heads["mask"]["AP"]
    assert (mask.first, mask.second, mask.verdict) == (None, None, "not enough data")
    assert (told.judged, told.verdict) == ("box", "worse")
    assert {name: one.verdict for name, one in told.per_class.items()} == {"a": "worse", "b": "equal"}


def test_scores_of_different_data_are_not_compared() -> None:
    with pytest.raises(ValueError, match="A on 111111111111, B on 2222"):
        refuse_other_data({"A": {"fingerprint": "1" * 64}, "B": {"fingerprint": "2" * 64}})


def test_results_without_a_fingerprint_are_judged_by_the_truth_that_was_named() -> None:
    refuse_other_data({"A": {"fingerprint": None}, "B": {}, "truth": {"fingerprint": "1" * 64}})
