from typing import Any

from rehead.evaluation.coco_map import HEADS, METRICS, coco_map, evaluate_heads, full_table
from rehead.evaluation.undefined import class_reasons, reasons
from tests.evaluation.test_coco_map import BOX, annotation, result, truth_of

MIDDLE = annotation(1, BOX)


def told(truth: dict[str, Any], results: list[dict[str, Any]]) -> dict[str, str]:
    return reasons(truth, coco_map(truth, results))


def test_sizes_that_no_object_has_are_named() -> None:
    found = told(truth_of(MIDDLE), [result(BOX)])
    assert found["mask.APs"] == found["box.ARs"] == "no object of up to 32x32 pixels to find"
    assert found["boundary.APl"] == "no object of 96x96 pixels or more to find"


def test_a_defined_number_needs_no_reason() -> None:
    assert {"mask.AP", "mask.APm", "box.AR100"} & told(truth_of(MIDDLE), []).keys() == set()


def test_a_class_without_objects_is_named() -> None:
    assert told(truth_of(MIDDLE), [])["per_class.bolt"] == "no object of this class to find"


def test_without_objects_nothing_is_defined() -> None:
    crowd = annotation(1, BOX, crowd=1)
    assert told(truth_of(crowd), [result(BOX)]) == {
        f"{head}.{name}": "no object to find" for head in ("box", "mask", "boundary") for name in METRICS
    }


def test_boxes_alone_say_nothing_of_masks() -> None:
    boxes = [{key: value for key, value in result(BOX).items() if key != "segmentation"}]
    found = told(truth_of(MIDDLE), boxes)
    assert found["mask.AP"] == found["boundary.AR1"] == "the results hold no masks"


def test_each_undefined_number_of_a_class_has_its_reason() -> None:
    truth = truth_of(MIDDLE)
    table = full_table(evaluate_heads(truth, [result(BOX)], max_detections=100))
    found = class_reasons(truth, table, key="classes")
    undefined = [f"classes.nut.{head}.{metric}" for head in HEADS for metric in ("APs", "APl", "ARs", "ARl")]
    assert [key for key in found if key != "classes.bolt"] == undefined
    assert [table["nut"][head][metric] for head in HEADS for metric in ("APs", "APl")] == [None] * 6
    assert found["classes.nut.mask.APs"] == "no object of up to 32x32 pixels to find"


def test_a_class_without_objects_has_one_reason_for_all_numbers() -> None:
    truth = truth_of(MIDDLE)
    table = full_table(evaluate_heads(truth, [], max_detections=100))
    assert class_reasons(truth, table, key="classes")["classes.bolt"] == "no object of this class to find"
