from typing import Any

from rehead.evaluation.coco_map import METRICS, coco_map
from rehead.evaluation.undefined import reasons
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
