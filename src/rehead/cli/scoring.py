"""Scoring of COCO files: truth and results pass the strict readers before an evaluator sees them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from rehead.coco.checking import report_on
from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_dataset
from rehead.coco.rendering import print_faults
from rehead.coco.results import read_results
from rehead.coco.truth import document_of
from rehead.evaluation.coco_map import Scores, coco_map
from rehead.files import read_json

_LARGEST = 1e15


def score_files(truth: Path, results: Path, *, max_detections: int) -> Scores:
    """Read both files and score them; raises ValueError, with the faults printed or in it, if one is rejected."""
    document = _truth_document(truth)
    found = read_results(results, document, max_detections=max_detections)
    scores = coco_map(document, found, max_detections=max_detections)
    boxes_alone = bool(found) and "segmentation" not in found[0]
    return _without_masks(scores) if boxes_alone else scores


def _without_masks(scores: Scores) -> Scores:
    """Leave the mask numbers of results that have no masks undefined: they are not wrong, they are not there."""
    classes = {
        name: {key: None if key.startswith("mask_") else value for key, value in numbers.items()}
        for name, numbers in scores.per_class.items()
    }
    return replace(scores, mask=dict.fromkeys(scores.mask), per_class=classes)


def _truth_document(path: Path) -> dict[str, Any]:
    """Read annotations strictly, without their images; boxes and areas stay as the file gives them.

    Published numbers are computed from the file as it stands, so no repair of a box may move them.
    """
    log = FaultLog({})
    data = read_dataset(path, None, log)
    if data is None or log.rejected:
        print_faults(report_on(path, {}, log))
        raise ValueError(f"{path} is rejected: mend it, see `rehead check {path}`")
    given = {entry["id"]: entry for entry in read_json(path)["annotations"] if type(entry.get("id")) is int}
    document = document_of(data)
    for item, annotation in zip(data.annotations, document["annotations"], strict=True):
        entry = given.get(item.id, {})
        annotation["bbox"] = _given_box(entry) or annotation["bbox"]
        annotation["area"] = _given_area(entry) or annotation["area"]
    return document


def _given_box(entry: dict[str, Any]) -> list[float] | None:
    """Take an annotation's own box if it is one."""
    box: Any = entry.get("bbox")
    sound = type(box) is list and len(box) == 4 and all(map(_is_finite, box)) and box[2] > 0 and box[3] > 0
    return [float(side) for side in box] if sound else None


def _given_area(entry: dict[str, Any]) -> float | None:
    """Take an annotation's own area if it is one."""
    area: Any = entry.get("area")
    return float(area) if _is_finite(area) and area > 0 else None


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < _LARGEST
