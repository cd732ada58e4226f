import math
from pathlib import Path
from typing import Any

import faster_coco_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rehead.cli.truth import read_truth
from rehead.coco.rle import bounding_box, decode, encode
from rehead.evaluation.boundary import boundary_of
from rehead.evaluation.coco_map import coco_map
from tests.evaluation.scenes import disc, rectangle

EVALKIT = Path(__file__).parents[3] / "shared" / "data" / "evalkit" / "instances_val2014_100.json"


def peeled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The paper's rule as it is written: erode pixel by pixel, outside the image there is nothing."""
    inner = np.pad(mask, 1)
    for _ in range(max(1, round(0.02 * math.hypot(*mask.shape)))):
        around = np.pad(inner, 1)
        rows, columns = inner.shape
        inner = np.logical_and.reduce([around[y : y + rows, x : x + columns] for y in range(3) for x in range(3)])
    return mask & ~inner[1:-1, 1:-1]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 120), st.integers(1, 120), st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.9, 0.999]))
def test_the_boundary_is_what_erosion_takes_away(height: int, width: int, seed: int, density: float) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < density
    assert (decode(boundary_of(encode(mask))) == peeled(mask)).all()


def test_a_mask_that_fills_the_image_has_the_image_border_as_its_boundary() -> None:
    assert int(decode(boundary_of(encode(np.ones((100, 100), bool)))).sum()) == 100 * 100 - 94 * 94


def scene(*masks: NDArray[np.bool_]) -> dict[str, Any]:
    height, width = masks[0].shape
    return {
        "images": [{"id": 1, "file_name": "a.png", "height": height, "width": width}],
        "categories": [{"id": 1, "name": "nut"}],
        "annotations": [
            {
                "id": number,
                "image_id": 1,
                "category_id": 1,
                "iscrowd": 0,
                "area": float(mask.sum()),
                "bbox": list(bounding_box(encode(mask))),
                "segmentation": encode(mask),
            }
            for number, mask in enumerate(masks, start=1)
        ],
    }


def found(*masks: NDArray[np.bool_]) -> list[dict[str, Any]]:
    return [{"image_id": 1, "category_id": 1, "score": 0.9, "segmentation": encode(mask)} for mask in masks]


DISC = disc((200, 200), 100, 100, 60)


def test_the_truth_itself_scores_one() -> None:
    assert coco_map(scene(DISC), found(DISC)).boundary["AP"] == pytest.approx(1.0)


def test_a_mask_three_pixels_too_small_loses_at_its_boundary_though_its_area_agrees() -> None:
    smaller = found(disc((200, 200), 100, 100, 57))
    assert coco_map(scene(DISC), smaller).mask["AP75"] == pytest.approx(1.0)
    assert coco_map(scene(DISC), smaller).boundary["AP75"] == 0.0


def test_an_overlap_is_never_better_at_the_boundary_than_as_a_whole() -> None:
    # Both outlines agree but for a hole in the middle, which boundary IoU alone would not see.
    holed = DISC & ~disc((200, 200), 100, 100, 50)
    results = found(DISC & ~disc((200, 200), 100, 100, 52))
    assert (coco_map(scene(holed), results).boundary["AP50"] or 0.0) <= (
        coco_map(scene(holed), results).mask["AP50"] or 0.0
    )


def test_without_objects_it_is_undefined() -> None:
    empty = scene(DISC) | {"annotations": []}
    assert set(coco_map(empty, found(DISC)).boundary.values()) == {None}


def test_nothing_found_scores_zero() -> None:
    assert coco_map(scene(DISC), []).boundary["AP"] == 0.0


def test_of_more_detections_than_count_the_best_are_kept() -> None:
    worse = {**found(rectangle((200, 200), 0, 0, 9, 9))[0], "score": 0.1}
    assert coco_map(scene(DISC), [worse, *found(DISC)], max_detections=1).boundary["AP"] == pytest.approx(1.0)


def test_a_detection_in_a_crowd_region_counts_neither_way() -> None:
    truth = scene(DISC, rectangle((200, 200), 0, 0, 30, 30))
    truth["annotations"][1]["iscrowd"] = 1
    inside = found(DISC, rectangle((200, 200), 5, 5, 15, 15))
    assert coco_map(truth, inside).boundary["AP"] == pytest.approx(1.0)


@pytest.mark.slow
@pytest.mark.skipif(not EVALKIT.exists(), reason=f"{EVALKIT} is not here")
def test_an_independent_evaluator_gives_the_same_twelve_numbers() -> None:
    truth, rng = read_truth(EVALKIT, split="val").document, np.random.default_rng(1)
    truth["annotations"] = [one for one in truth["annotations"] if one["image_id"] % 2 == 0]
    results = [
        {
            "image_id": a["image_id"],
            "category_id": a["category_id"],
            "score": float(rng.random()),
            "segmentation": encode(np.roll(decode(a["segmentation"]), tuple(rng.integers(-3, 4, 2)), (0, 1))),
        }
        for a in truth["annotations"]
        if not a["iscrowd"]
    ]
    own = coco_map(truth, results, heads=["boundary"]).boundary
    known = faster_coco_eval.COCO(truth, use_deepcopy=True)
    other = faster_coco_eval.COCOeval_faster(known, known.loadRes(results), "boundary", print_function=lambda *a: None)
    other.evaluate()
    other.accumulate()
    other.summarize()
    assert list(own.values()) == pytest.approx(list(other.stats[:12]))
