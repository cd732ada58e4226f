from typing import Any

import numpy as np
import pytest

from rehead.coco.rle import encode
from rehead.evaluation.coco_map import coco_map, evaluate_heads
from rehead.evaluation.matches import matches_of
from rehead.evaluation.uncertainty import average_precision, intervals

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
    return intervals(evaluations, images=IMAGES, resamples=resamples, confidence=confidence, seed=seed)


@pytest.mark.parametrize("head", ["box", "mask"])
def test_each_image_counted_once_gives_cocos_own_number(head: str) -> None:
    truth, results = noisy_case()
    found = matches_of(evaluate_heads(truth, results, max_detections=100)[head])
    once = np.ones(IMAGES, dtype=np.int64)
    aps = [ap for matches in found if (ap := average_precision(matches, once)) is not None]
    assert np.mean(aps) == pytest.approx(coco_map(truth, results).as_dict()[head]["AP"], abs=1e-12)


def test_an_image_drawn_twice_counts_as_two_images() -> None:
    truth, results = noisy_case()
    twice = np.full(IMAGES, 2)
    found = matches_of(evaluate_heads(truth, results, max_detections=100)["mask"])
    single = [average_precision(matches, twice // 2) for matches in found]
    double = [average_precision(matches, twice) for matches in found]
    assert all(np.allclose(a, b) for a, b in zip(single, double, strict=True) if a is not None and b is not None)


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
    assert spread_of(truth, results, resamples=0, confidence=0.9, seed=0)["box"] == {
        "AP": None,
        "AP50": None,
    }
