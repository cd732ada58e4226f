"""How well each picture was understood, so that the worst can be looked at first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

Object = Mapping[str, Any]

_OVERLAP = 0.5


@dataclass(frozen=True)
class PictureScore:
    """One picture's tally at a score threshold; `quality` is 1.0 when every object is outlined exactly."""

    image_id: int
    quality: float
    matched: int
    missed: int
    spurious: int


def rank_pictures(truth: Mapping[str, Any], results: Sequence[Object], *, score_threshold: float) -> list[PictureScore]:
    """Score every picture of a COCO truth against COCO results, worst first.

    Quality is panoptic quality over things (Kirillov et al. 2019): the mask IoU summed over matched pairs, divided by
    matches plus half of the missed and half of the spurious. A pair matches when the classes agree and the mask IoU is
    above 0.5. Crowd regions count for nothing. A picture with neither objects nor detections has quality 1.0.
    """
    wanted = _by_image(one for one in truth["annotations"] if not one.get("iscrowd"))
    found = _by_image(one for one in results if one["score"] >= score_threshold)
    scores = [
        score_picture(image["id"], wanted.get(image["id"], []), found.get(image["id"], [])) for image in truth["images"]
    ]
    return sorted(scores, key=lambda score: (score.quality, -score.missed - score.spurious, score.image_id))


def score_picture(image_id: int, truth: Sequence[Object], found: Sequence[Object]) -> PictureScore:
    """Match detections to objects, best score first, each object once."""
    overlaps = _overlaps(found, truth)
    free = np.ones(len(truth), dtype=np.bool_)
    total, matched = 0.0, 0
    for row in sorted(range(len(found)), key=lambda i: -found[i]["score"]):
        same = np.array([one["category_id"] == found[row]["category_id"] for one in truth], dtype=np.bool_)
        open_overlaps = np.where(free & same, overlaps[row], 0.0)
        if open_overlaps.size and open_overlaps.max() > _OVERLAP:
            free[open_overlaps.argmax()] = False
            total, matched = total + float(open_overlaps.max()), matched + 1
    missed, spurious = len(truth) - matched, len(found) - matched
    weight = matched + (missed + spurious) / 2
    return PictureScore(image_id, total / weight if weight else 1.0, matched, missed, spurious)


def _overlaps(found: Sequence[Object], truth: Sequence[Object]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mask IoU of every detection (rows) with every object (columns)."""
    if not found or not truth:
        return np.zeros((len(found), len(truth)))
    left, right = [one["segmentation"] for one in found], [one["segmentation"] for one in truth]
    return np.asarray(coco_mask.iou(left, right, [0] * len(right)), dtype=np.float64)


def _by_image(objects: Any) -> dict[int, list[Object]]:
    groups: dict[int, list[Object]] = {}
    for one in objects:
        groups.setdefault(one["image_id"], []).append(one)
    return groups
