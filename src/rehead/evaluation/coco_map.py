"""COCO average precision of boxes, masks and boundaries, by pycocotools, with what is undefined as None.

Truth and results must have passed the strict readers of `rehead.coco` first: pycocotools crashes or lies on others.
"""

import contextlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from rehead.evaluation.boundary import BoundaryEvaluation

METRICS = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")
HEADS = {
    "box": ("bbox", "bbox", COCOeval),
    "mask": ("segm", "segmentation", COCOeval),
    "boundary": ("segm", "segmentation", BoundaryEvaluation),
}
"""Head -> pycocotools' name of it, the field of a result that it scores, and how a pair's overlap is measured."""

Metrics = dict[str, float | None]
_UNMEASURED: Metrics = dict.fromkeys(METRICS)


@dataclass(frozen=True)
class Scores:
    """The twelve COCO numbers of boxes, masks and boundaries, 0..1 (None: undefined), and each class by itself."""

    box: Metrics
    mask: Metrics
    boundary: Metrics
    per_class: dict[str, dict[str, float | int | None]]

    def as_dict(self) -> dict[str, Any]:
        """Give the scores as they stand in reports/evaluation.json."""
        return {"box": self.box, "mask": self.mask, "boundary": self.boundary, "per_class": self.per_class}


def coco_map(
    truth: dict[str, Any],
    results: list[dict[str, Any]],
    *,
    max_detections: int = 100,
    heads: Iterable[str] = tuple(HEADS),
) -> Scores:
    """Score COCO results against COCO truth, by some heads or all; the numbers of the others are None.

    `max_detections` best results of an image count for AP and for the last recall (COCO calls it AR100). Areas follow
    COCO: small below 32x32 pixels, large above 96x96. A number is None where there is no object to find.
    """
    return scores_of(truth, evaluate_heads(truth, results, max_detections=max_detections, heads=heads))


def scores_of(truth: dict[str, Any], evaluations: dict[str, Any]) -> Scores:
    """Reduce what `evaluate_heads` returned to the numbers that COCO reports."""
    summaries = {head: summary_of(evaluation) for head, evaluation in evaluations.items()}
    return Scores(
        **{head: summaries.get(head, _UNMEASURED) for head in HEADS}, per_class=_per_class(truth, evaluations)
    )


def evaluate_heads(
    truth: dict[str, Any],
    results: list[dict[str, Any]],
    *,
    max_detections: int,
    heads: Iterable[str] = tuple(HEADS),
) -> dict[str, Any]:
    """Match results with truth for each head; returns pycocotools' accumulated evaluations."""
    return {head: evaluate(truth, results, head, max_detections=max_detections) for head in heads}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what pycocotools prints from standard output, which is the user's."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@_quiet()
def evaluate(truth: dict[str, Any], results: list[dict[str, Any]], head: str, *, max_detections: int) -> COCOeval:
    """Match results with truth for one head.

    A head's results carry its own field alone: with a box in it, a mask's size would be the box's.
    """
    kind, field, by = HEADS[head]
    known = COCO()
    known.dataset = {"info": {}, **truth}
    known.createIndex()
    own = [
        {key: result[key] for key in ("image_id", "category_id", "score", field)}
        for result in results
        if field in result
    ]
    evaluation = by(known, known.loadRes(own) if own else _nothing_found(known.dataset), kind)
    evaluation.params.maxDets = [1, min(10, max_detections), max_detections]
    evaluation.evaluate()
    evaluation.accumulate()
    return evaluation


def _nothing_found(truth: dict[str, Any]) -> COCO:
    """Give results without detections, which loadRes cannot read."""
    found = COCO()
    found.dataset = {"info": {}, "images": truth["images"], "categories": truth["categories"], "annotations": []}
    found.createIndex()
    return found


def summary_of(evaluation: COCOeval) -> Metrics:
    """Reduce precision TRKAM and recall TKAM (threshold, recall, class, area, limit) to COCO's twelve means."""
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    areas = {"s": 1, "m": 2, "l": 3}
    values = {
        "AP": precision[..., 0, 2],
        "AP50": precision[0, :, :, 0, 2],
        "AP75": precision[5, :, :, 0, 2],
        **{f"AP{size}": precision[..., area, 2] for size, area in areas.items()},
        **{name: recall[..., 0, limit] for limit, name in enumerate(("AR1", "AR10", "AR100"))},
        **{f"AR{size}": recall[..., area, 2] for size, area in areas.items()},
    }
    return {name: mean_of_defined(values[name]) for name in METRICS}


def mean_of_defined(values: NDArray[np.float64]) -> float | None:
    """Average what pycocotools does not mark as undefined (-1); None if nothing is left."""
    defined = values[values > -1]
    return float(np.mean(defined)) if defined.size else None


def _per_class(truth: dict[str, Any], evaluations: dict[str, Any]) -> dict[str, dict[str, float | int | None]]:
    counts = {category["id"]: 0 for category in truth["categories"]}
    for annotation in truth["annotations"]:
        counts[annotation["category_id"]] += not annotation.get("iscrowd", 0)
    names = {category["id"]: category["name"] for category in truth["categories"]}
    table: dict[str, dict[str, float | int | None]] = {}
    for row, category in enumerate(sorted(names)):
        table[names[category]] = {"annotations": counts[category]}
        for head, evaluation in evaluations.items():
            precision = evaluation.eval["precision"][:, :, row, 0, 2]
            table[names[category]][f"{head}_AP"] = mean_of_defined(precision)
            if head != "boundary":
                table[names[category]][f"{head}_AP50"] = mean_of_defined(precision[0])
    return table
