import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rehead.coco.rle import encode
from rehead.evaluation.coco_map import HEADS, METRICS, coco_map, evaluate_heads, full_table

EVALKIT = Path(__file__).parents[3] / "shared" / "data" / "evalkit"
AP, AP50, AP75 = 0, 1, 2


def mask_of(x: int, y: int, w: int, h: int) -> Any:
    mask = np.zeros((100, 100), dtype=np.uint8)
    mask[y : y + h, x : x + w] = 1
    return encode(mask)


def annotation(number: int, box: tuple[int, int, int, int], category: int = 1, crowd: int = 0) -> dict[str, Any]:
    own = {"id": number, "image_id": 1, "category_id": category, "iscrowd": crowd}
    return {**own, "bbox": list(box), "area": box[2] * box[3], "segmentation": mask_of(*box)}


def result(box: tuple[int, int, int, int], score: float = 0.9, category: int = 1) -> dict[str, Any]:
    own = {"image_id": 1, "category_id": category, "score": score}
    return {**own, "bbox": list(map(float, box)), "segmentation": mask_of(*box)}


def truth_of(*annotations: dict[str, Any]) -> dict[str, Any]:
    categories = [{"id": 1, "name": "nut"}, {"id": 2, "name": "bolt"}]
    images = [{"id": 1, "file_name": "a.png", "width": 100, "height": 100}]
    return {"images": images, "categories": categories, "annotations": list(annotations)}


BOX = (10, 10, 40, 40)


def test_truth_as_prediction_scores_one() -> None:
    scores = coco_map(truth_of(annotation(1, BOX)), [result(BOX)])
    assert scores.box["AP"] == scores.mask["AP"] == pytest.approx(1.0)


def test_nothing_found_scores_zero() -> None:
    scores = coco_map(truth_of(annotation(1, BOX)), [])
    assert scores.box["AP"] == scores.mask["AP"] == 0.0


def test_what_has_no_object_is_none_and_not_minus_one() -> None:
    scores = coco_map(truth_of(annotation(1, BOX)), [result(BOX)])
    assert scores.mask["APs"] is None
    assert scores.per_class["bolt"]["mask_AP"] is None


def test_an_image_set_without_objects_has_no_score() -> None:
    assert set(coco_map(truth_of(), []).mask.values()) == {None}


def test_a_box_that_overlaps_by_two_thirds_counts_at_four_of_ten_thresholds() -> None:
    # intersection 40x32, union 40x48: IoU 2/3, so 0.50, 0.55, 0.60 and 0.65 are met
    scores = coco_map(truth_of(annotation(1, BOX)), [result((10, 18, 40, 40))])
    assert scores.box["AP"] == pytest.approx(0.4)
    assert [scores.box["AP50"], scores.box["AP75"]] == pytest.approx([1.0, 0.0])


def test_the_right_place_under_the_wrong_name_is_worth_nothing() -> None:
    scores = coco_map(truth_of(annotation(1, BOX)), [result(BOX, category=2)])
    assert scores.mask["AP"] == 0.0


def test_a_detection_inside_a_crowd_region_counts_neither_way() -> None:
    truth = truth_of(annotation(1, BOX), annotation(2, (60, 60, 30, 30), crowd=1))
    scores = coco_map(truth, [result(BOX, 0.5), result((62, 62, 10, 10), 0.9)])
    assert scores.mask["AP"] == pytest.approx(1.0)


def test_only_as_many_detections_count_as_the_limit_says() -> None:
    boxes = [(10 * n, 0, 8, 8) for n in range(10)]
    truth = truth_of(*(annotation(n, box) for n, box in enumerate(boxes, 1)))
    found = [result(box, 0.9 - n / 100) for n, box in enumerate(boxes)]
    assert coco_map(truth, found, max_detections=100).mask["AR100"] == pytest.approx(1.0)
    assert coco_map(truth, found, max_detections=5).mask["AR100"] == pytest.approx(0.5)


def test_a_masks_size_is_its_own_and_not_its_boxs() -> None:
    # A wide box around a small mask: as a large false positive it would not touch the score of small objects.
    truth = truth_of(annotation(1, (0, 0, 10, 10)))
    stray = {**result((50, 50, 10, 10), 0.95), "bbox": [0.0, 0.0, 100.0, 100.0]}
    scores = coco_map(truth, [stray, result((0, 0, 10, 10), 0.9)])
    assert scores.mask["APs"] == pytest.approx(0.5)


def test_results_without_masks_leave_masks_and_boundaries_undefined() -> None:
    boxes = [{key: value for key, value in result(BOX).items() if key != "segmentation"}]
    scores = coco_map(truth_of(annotation(1, BOX)), boxes)
    assert scores.box["AP"] == pytest.approx(1.0)
    assert {*scores.mask.values(), *scores.boundary.values()} == {None}


def test_heads_that_are_left_out_have_no_numbers() -> None:
    scores = coco_map(truth_of(annotation(1, BOX)), [result(BOX)], heads=["mask"])
    assert set(scores.box.values()) == {None}
    assert set(scores.per_class["nut"]) == {"annotations", "mask_AP", "mask_AP50"}


def test_the_full_table_has_twelve_numbers_of_each_class_and_head() -> None:
    truth = truth_of(annotation(1, BOX), annotation(2, (60, 10, 20, 20), category=2))
    table = full_table(evaluate_heads(truth, [result(BOX)], max_detections=100))
    assert {(name, head): len(numbers) for name, row in table.items() for head, numbers in row.items()} == {
        (name, head): 12 for name in ("nut", "bolt") for head in HEADS
    }
    assert table["nut"]["boundary"]["APm"] == pytest.approx(1.0)
    assert (table["bolt"]["mask"]["APs"], table["bolt"]["mask"]["APm"]) == (0.0, None)


def test_classes_of_any_order_and_number_keep_their_names() -> None:
    truth = truth_of(annotation(1, BOX, category=9), annotation(2, (60, 10, 20, 20), category=4))
    truth["categories"] = [{"id": 9, "name": "nut"}, {"id": 4, "name": "bolt"}]
    scores = coco_map(truth, [result(BOX, category=9)])
    assert (scores.per_class["nut"]["box_AP"], scores.per_class["bolt"]["box_AP"]) == pytest.approx((1.0, 0.0))


@pytest.mark.skipif(not EVALKIT.is_dir(), reason="../shared/data/evalkit is not here")
@pytest.mark.parametrize(("head", "kind"), [("box", "bbox"), ("mask", "segm")])
def test_published_numbers_of_coco_come_out(head: str, kind: str) -> None:
    truth = json.loads((EVALKIT / "instances_val2014_100.json").read_text())
    found = json.loads((EVALKIT / f"instances_val2014_fake{kind}100_results.json").read_text())
    known = {
        "bbox": [0.5045806987249628, 0.6969727247299577, 0.5729816669904824],
        "segm": [0.3195452758576433, 0.5622883972521636, 0.29892653412086784],
    }[kind]
    numbers = coco_map(truth, found, heads=[head]).as_dict()[head]
    assert [numbers[METRICS[n]] for n in (AP, AP50, AP75)] == pytest.approx(known, abs=1e-12)
