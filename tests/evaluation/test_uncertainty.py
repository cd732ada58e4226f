from typing import Any

import numpy as np
import pytest

from rehead.coco.rle import encode
from rehead.evaluation.coco_map import coco_map, evaluate_heads
from rehead.evaluation.matches import matches_of
from rehead.evaluation.uncertainty import (
    doubts,
    draws_of,
    intervals,
    least_images,
    middle_of,
    precisions,
    resampled,
)

IMAGES = 12


def noisy_case() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Two classes in twelve images: shifted, missed and invented objects, a crowd region in one."""
    rng = np.random.default_rng(5)
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for image in range(1, IMAGES + 1):
        for _ in range(int(rng.integers(1, 5))):
            x, y, w, h = (int(v) for v in (*rng.integers(0, 60, 2), *rng.integers(10, 40, 2)))
            category = int(rng.integers(1, 3))
            annotations.append(
                entry(image, category, x, y, w, h) | {"id": len(annotations) + 1, "iscrowd": 0, "area": w * h}
            )
            if rng.random() < 0.8:
                shift = int(rng.integers(0, 6))
                results.append(entry(image, category, x + shift, y, w, h) | {"score": float(rng.random())})
            if rng.random() < 0.3:
                results.append(entry(image, category, 0, 0, 15, 15) | {"score": float(rng.random())})
    annotations[0]["iscrowd"] = 1
    images = [{"id": n, "file_name": f"{n}.png", "width": 110, "height": 110} for n in range(1, IMAGES + 1)]
    return {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
    }, results


def entry(image: int, category: int, x: int, y: int, w: int, h: int) -> dict[str, Any]:
    mask = np.zeros((110, 110), dtype=np.uint8)
    mask[y : y + h, x : x + w] = 1
    return {"image_id": image, "category_id": category, "bbox": [x, y, w, h], "segmentation": encode(mask)}


def spread_of(
    truth: dict[str, Any], results: list[dict[str, Any]], *, resamples: int, confidence: float, seed: int
) -> dict[str, dict[str, list[float] | None]]:
    evaluations = evaluate_heads(truth, results, max_detections=100)
    return intervals(evaluations, draws_of(IMAGES, resamples=resamples, seed=seed), confidence=confidence)


@pytest.mark.parametrize("head", ["box", "mask", "boundary"])
@pytest.mark.parametrize("area", [0, 1, 2])
def test_each_image_counted_once_gives_cocos_own_number(head: str, area: int) -> None:
    truth, results = noisy_case()
    found = matches_of(evaluate_heads(truth, results, max_detections=100)[head], area=area)
    once = np.ones((1, IMAGES), dtype=np.int32)
    number = coco_map(truth, results).as_dict()[head][("AP", "APs", "APm")[area]]
    assert resampled(found, once).mean() == pytest.approx(number, abs=1e-12)


def test_an_image_drawn_twice_counts_as_two_images() -> None:
    truth, results = noisy_case()
    twice = np.full((1, IMAGES), 2, dtype=np.int32)
    for matches in matches_of(evaluate_heads(truth, results, max_detections=100)["mask"]):
        assert precisions(matches, twice // 2) == pytest.approx(precisions(matches, twice), nan_ok=True)


def test_images_left_out_of_a_draw_count_as_if_they_were_not_there() -> None:
    truth, results = noisy_case()
    half = np.array([[1] * 6 + [0] * 6], dtype=np.int32)
    part = truth | {name: [e for e in truth[name] if e[key] <= 6] for name, key in _BY_IMAGE}
    alone = coco_map(part, [result for result in results if result["image_id"] <= 6])
    found = matches_of(evaluate_heads(truth, results, max_detections=100)["mask"])
    assert resampled(found, half).mean() == pytest.approx(alone.mask["AP"], abs=1e-12)


_BY_IMAGE = (("images", "id"), ("annotations", "image_id"))


def test_a_draw_without_objects_has_no_precision() -> None:
    truth, results = noisy_case()
    found = matches_of(evaluate_heads(truth, results, max_detections=100)["mask"])
    nothing = resampled(found, np.zeros((2, IMAGES), dtype=np.int32))
    assert np.isnan(nothing).all()
    assert middle_of(nothing[:, 0], 0.95) is None


def test_each_class_has_an_interval_of_its_own() -> None:
    truth, results = noisy_case()
    bounds = spread_of(truth, results, resamples=100, confidence=0.95, seed=0)["per_class"]
    evaluation = evaluate_heads(truth, results, max_detections=100)["mask"]
    values = [precisions(m, np.ones((1, IMAGES), dtype=np.int32)).mean() for m in matches_of(evaluation)]
    assert list(bounds) == ["a", "b"]
    assert all(low < value < high for (low, high), value in zip(bounds.values(), values, strict=True))  # type: ignore[misc]


@pytest.mark.parametrize(("confidence", "images"), [(0.5, 2), (0.75, 3), (0.9, 5), (0.95, 6), (0.99, 8), (0.999, 11)])
def test_a_verdict_takes_as_many_images_as_a_sign_test_of_them_all_does(confidence: float, images: int) -> None:
    assert least_images(confidence) == images
    assert 2 * 0.5**images <= 1 - confidence < 2 * 0.5 ** (images - 1)


def held_in(images: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Leave objects of class a in all images, those of class b in the first few alone; only a's are found."""
    truth, _ = noisy_case()
    kept = [
        entry(image, category, 30 * category, 10, 20, 20) | {"id": 2 * image + category, "iscrowd": 0, "area": 400}
        for image in range(1, IMAGES + 1)
        for category in (1, 2)
        if category == 1 or image <= images
    ]
    found = [{**one, "score": 0.9} for one in kept if one["category_id"] == 1]
    return truth | {"annotations": kept}, found


@pytest.mark.parametrize(("images", "bounds"), [(1, None), (5, None), (6, [0.0, 0.0])])
def test_a_class_in_too_few_images_has_no_interval(images: int, bounds: list[float] | None) -> None:
    truth, results = held_in(images)
    assert spread_of(truth, results, resamples=50, confidence=0.95, seed=0)["per_class"]["b"] == bounds


def test_too_few_objects_of_a_size_have_no_interval_where_all_sizes_have_one() -> None:
    truth, results = held_in(12)
    truth["annotations"][0] |= {"area": 2000}
    found = spread_of(truth, results, resamples=50, confidence=0.95, seed=0)["box"]
    assert (found["APm"], found["APs"] is None, found["AP"] is None) == (None, False, False)


def doubts_of(truth: dict[str, Any], results: list[dict[str, Any]], *, resamples: int = 500) -> str:
    evaluation = evaluate_heads(truth, results, max_detections=100)["mask"]
    return " ".join(doubts(evaluation, resamples=resamples, confidence=0.95))


def test_what_has_no_interval_has_its_reason() -> None:
    one = {**held_in(1)[0], "annotations": held_in(1)[0]["annotations"][:2]}
    assert doubts_of(one, []) == "There are no intervals: 1 image holds objects, and 95 % takes at least 6 that do."
    assert doubts_of(*held_in(5)).startswith("In too few images for an interval of their own (fewer than 6): b. Resam")
    assert doubts_of(*held_in(6)) == ""
    assert doubts_of(*held_in(6), resamples=0) == "There are no intervals, since evaluate.resamples is 0."


def test_the_interval_holds_the_score_and_comes_again_under_its_seed() -> None:
    truth, results = noisy_case()
    first = spread_of(truth, results, resamples=200, confidence=0.95, seed=1)
    again = spread_of(truth, results, resamples=200, confidence=0.95, seed=1)
    low, high = first["mask"]["AP"] or [2.0, -1.0]
    assert low < (coco_map(truth, results).mask["AP"] or -1.0) < high
    assert first == again


def test_a_detector_without_faults_has_no_spread() -> None:
    truth, _ = noisy_case()
    perfect = [{**a, "score": 0.9} for a in truth["annotations"] if not a["iscrowd"]]
    found = spread_of(truth, perfect, resamples=50, confidence=0.9, seed=0)
    assert found["mask"]["AP"] == pytest.approx([1.0, 1.0])


def test_no_resamples_give_no_interval() -> None:
    truth, results = noisy_case()
    found = spread_of(truth, results, resamples=0, confidence=0.9, seed=0)["box"]
    assert set(found) == {"AP", "AP50", "AP75", "APs", "APm", "APl"}
    assert set(found.values()) == {None}
