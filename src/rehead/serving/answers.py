"""What a request may ask for, and what it gets: parameters checked, detections as plain JSON values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehead.coco.borders import trace_borders
from rehead.coco.faults import shortened
from rehead.coco.rle import Rle
from rehead.coco.windows import crop_of
from rehead.evaluation.detections import Detections
from rehead.serving.images import RequestError

MASK_FORMATS = ("rle", "polygon", "none")


@dataclass(frozen=True)
class Wish:
    """The parameters of a request."""

    score_threshold: float | None
    """None leaves it to the model's own thresholds."""
    mask_format: str


def read_wish(params: Mapping[str, Any]) -> Wish:
    """Check a request's parameters. Raises RequestError."""
    unknown = sorted(set(params) - {"score_threshold", "mask_format"})
    if unknown:
        raise RequestError(f"unknown parameter {shortened(unknown[0])}; known: score_threshold, mask_format")
    threshold = params.get("score_threshold")
    known = isinstance(threshold, int | float) and not isinstance(threshold, bool) and 0.0 <= threshold <= 1.0
    if not known and threshold is not None:
        raise RequestError(f"score_threshold is a number from 0 to 1, got {shortened(threshold)}")
    mask_format = params.get("mask_format", "rle")
    if mask_format not in MASK_FORMATS:
        raise RequestError(f"mask_format is one of {', '.join(MASK_FORMATS)}, got {shortened(mask_format)}")
    return Wish(None if threshold is None else float(threshold), str(mask_format))


def write_answer(found: Detections, classes: tuple[str, ...], *, mask_format: str) -> dict[str, Any]:
    """Put one image's detections into JSON values; `masks` is null where none were asked for.

    Raises ValueError on a number that JSON has no form for.
    """
    boxes = [[float(number) for number in box] for box in found.boxes_n4]
    scores = [float(score) for score in found.scores_n]
    if not all(math.isfinite(number) for number in [*scores, *(number for box in boxes for number in box)]):
        raise ValueError("the detector gave a box or a score that is not finite: its weights are damaged")
    labels = [int(label) for label in found.labels_n]
    return {
        "boxes": boxes,
        "labels": labels,
        "class_names": [classes[label - 1] for label in labels],
        "scores": scores,
        "masks": _masks(found.masks, mask_format),
    }


def _masks(masks: list[Rle], mask_format: str) -> list[Any] | None:
    if mask_format == "none":
        return None
    if mask_format == "polygon":
        crops = map(crop_of, masks)  # an image for each mask would take seconds of a large photograph
        return [trace_borders(crop.mask_hw, x=crop.x, y=crop.y) for crop in crops]
    return [{"size": [int(side) for side in mask["size"]], "counts": str(mask["counts"])} for mask in masks]
