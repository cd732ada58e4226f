"""The truth itself as detections: it must score 1.0, or no detector can; what the model may not report is told."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rehead.cli.doctor.finding import Finding, Remark, finding_of
from rehead.coco.results import ResultsError, read_results
from rehead.dataset.split import Split
from rehead.evaluation.coco_map import HEADS, Scores, coco_map
from rehead.evaluation.detections import Detections, coco_results

_OBJECTS, _IMAGES = 600, 30
"""What is scored: a second or two."""
_PERFECT = 0.9999


def judge_truth(split: Split, *, max_detections: int, fullest: int) -> Finding:
    """Score a split's truth, as far as it fits the time; `fullest` is the most objects of an image anywhere.

    An image with more objects than `max_detections` cannot score 1.0, since a model reports no more of them.
    """
    few = _part_of(split)
    objects, images = len(few["annotations"]), len(few["images"])
    on = f"{objects} objects in {images} {split.name} images"
    needed = max([fullest, *(len(found) for found in _by_image(few).values())])
    try:
        reported = score_truth(few, limit=max_detections)
        whole = reported if needed <= max_detections else score_truth(few, limit=needed)
    except ResultsError as error:
        return Finding("truth", "fail", f"the truth is no sound result: {error}", "`dvc repro ingest`")
    remarks = [_imperfect(head, getattr(whole, head)["AP"]) for head in HEADS]
    numbers = {head: getattr(reported, head)["AP"] for head in HEADS} | {"objects": objects, "fullest": needed}
    if needed > max_detections:
        remarks.append(_limited(reported, max_detections=max_detections, needed=needed))
    told = ", ".join(f"{head} AP {_shown(getattr(reported, head)['AP'])}" for head in HEADS)
    return finding_of(
        "truth", f"fed back as detections it scores {told} ({on})", [r for r in remarks if r], numbers=numbers
    )


def score_truth(truth: dict[str, Any], *, limit: int) -> Scores:
    """Score each object's own box and mask, of an image the first `limit`, on the way of a detector's results."""
    results = [
        result
        for image_id, found in _by_image(truth).items()
        for result in coco_results(_as_detections(found[:limit]), image_id=image_id)
    ]
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
    """Take the fullest images first, until there are enough objects."""
    order = sorted(split.images, key=lambda record: -len(split.annotations.get(record.id, [])))
    spread = [*order[:1], *order[1 :: max(1, len(order) // _IMAGES)]]
    chosen: set[int] = set()
    taken = 0
    for record in spread:
        taken += len(split.annotations.get(record.id, []))
        if chosen and taken > _OBJECTS:
            break
        chosen.add(record.id)
    return {
        "categories": split.truth["categories"],
        "images": [image for image in split.truth["images"] if image["id"] in chosen],
        "annotations": [a for a in split.truth["annotations"] if a["image_id"] in chosen],
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


def _limited(reported: Scores, *, max_detections: int, needed: int) -> Remark:
    told = f"an image holds {needed} objects, the model reports {max_detections}: mask AP {_shown(reported.mask['AP'])}"
    return Remark("fail", f"{told} is the best that can be scored here", f"set model.max_detections: {needed} or more")


def _shown(score: float | None) -> str:
    return "undefined" if score is None else f"{score:.3f}"
