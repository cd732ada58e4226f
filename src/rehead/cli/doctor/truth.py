"""The truth itself as detections: it must score 1.0, or no detector can; what the model may not report is told."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rehead.cli.doctor.finding import Finding, Remark, finding_of
from rehead.coco.results import ResultsError, read_results
from rehead.dataset.split import Split
from rehead.evaluation.coco_map import HEADS, Scores, coco_map
from rehead.evaluation.detections import Detections, coco_results

_OBJECTS_AN_IMAGE, _PAIRS = 100, 40_000
"""What is scored: the time grows with the square of an image's objects; this much takes a second or two."""
_IMAGES = 30
_PERFECT, _NEARLY_ALL = 0.9999, 0.99


def judge_truth(split: Split, *, max_detections: int, fullest: int) -> Finding:
    """Score a part of a split's truth; `fullest` is the most objects of an image anywhere.

    Told beside it is what no detector can find, since a model reports no more than `max_detections` of an image.
    """
    few = _part_of(split)
    try:
        scores = score_truth(few)
    except ResultsError as error:
        return Finding("truth", "fail", f"the truth is no sound result: {error}", "`dvc repro ingest`")
    remarks = [_imperfect(head, getattr(scores, head)["AP"]) for head in HEADS]
    counts = [len(found) for found in _by_image(split.truth).values()]
    needed = max([fullest, *counts])
    reported = sum(min(count, max_detections) for count in counts) / max(1, sum(counts))
    if needed > max_detections:
        told = f"an image holds {needed} objects, the model reports {max_detections}"
        remarks.append(
            Remark(
                "fail" if reported < _NEARLY_ALL else "warn",
                f"{told}: of the {split.name} objects read at most {reported:.1%} can be found",
                f"set model.max_detections: {needed} or more, or cut images with data.tile",
            )
        )
    told = ", ".join(f"{head} AP {_shown(getattr(scores, head)['AP'])}" for head in HEADS)
    on = f"{len(few['annotations'])} objects in {len(few['images'])} {split.name} images"
    numbers = {head: getattr(scores, head)["AP"] for head in HEADS} | {"fullest": needed, "reportable": reported}
    found = [remark for remark in remarks if remark]
    return finding_of("truth", f"fed back as detections it scores {told} ({on})", found, numbers=numbers)


def score_truth(truth: dict[str, Any]) -> Scores:
    """Score each object's own box and mask on the way of a detector's results."""
    results = [
        result
        for image_id, found in _by_image(truth).items()
        for result in coco_results(_as_detections(found), image_id=image_id)
    ]
    limit = max(1, len(truth["annotations"]))
    return coco_map(truth, read_results(results, truth, max_detections=limit), max_detections=limit)


def _as_detections(annotations: Sequence[dict[str, Any]]) -> Detections:
    corners = [(x, y, x + w, y + h) for x, y, w, h in (a["bbox"] for a in annotations)]
    return Detections(
        np.array(corners, np.float32).reshape(-1, 4),
        np.array([a["category_id"] for a in annotations], np.int64),
        np.ones(len(annotations), np.float32),
        [a["segmentation"] for a in annotations],
    )


def _part_of(split: Split) -> dict[str, Any]:
    """Take images spread over the split, the first objects of each, until there are enough to compare."""
    found = _by_image(split.truth)
    spread = list(found)[:: max(1, len(found) // _IMAGES)]
    chosen: dict[int, list[dict[str, Any]]] = {}
    for image_id in spread:
        chosen[image_id] = found[image_id][:_OBJECTS_AN_IMAGE]
        if sum(len(objects) ** 2 for objects in chosen.values()) > _PAIRS:
            break
    return {
        "categories": split.truth["categories"],
        "images": [image for image in split.truth["images"] if image["id"] in chosen],
        "annotations": [a for objects in chosen.values() for a in objects],
    }


def _by_image(truth: dict[str, Any]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for annotation in truth["annotations"]:
        if not annotation["iscrowd"]:
            found.setdefault(annotation["image_id"], []).append(annotation)
    return found


def _imperfect(head: str, score: float | None) -> Remark | None:
    if score is None:
        return Remark("fail", f"{head} AP is undefined: there is no object to find", "`rehead check` the source")
    if score < _PERFECT:
        cure = "look at boxes and masks in reports/ingest.html; `dvc repro ingest` writes them anew"
        return Remark("fail", f"{head} AP of the truth is {score:.3f}, not 1.0", cure)
    return None


def _shown(score: float | None) -> str:
    return "undefined" if score is None else f"{score:.3f}"
