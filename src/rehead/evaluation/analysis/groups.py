"""Mask average precision of objects by their size, by how crowded they stand, and by contact with the image's border.

Shapes: S groups, A annotations and D detections of an image.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as native

from rehead.evaluation.analysis.curves import class_precision
from rehead.evaluation.analysis.judged import Judged
from rehead.evaluation.analysis.outcomes import AT_50, outcomes_of
from rehead.evaluation.analysis.pairs import Entry, Picture

SIDES = (16, 32, 64, 128)
"""Bounds between sizes: the side in pixels of a square with the object's area."""
_NEIGHBOURS = (1, 3, 6)

Groups = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The group of each annotation (A) and of each detection (D)."""


def groups(judged: Judged) -> dict[str, list[dict[str, Any]]]:
    """Score each group of objects by itself: AP and AP50 as COCO's (mean over classes), and recall.

    All other objects are ignored as COCO ignores areas outside a range: a detection that meets one counts neither way,
    nor does one that meets nothing and is itself of another group. `recall` is the share of the group's objects found
    at IoU 0.5 by detections at or above the score of their class. Groups without objects are left out.

    A neighbour is another object whose box lies no farther away than the object's own box is long (the root of its
    area). For a detection the object that it overlaps most is taken for itself. At the border is what has a pixel in
    the first or last row or column.
    """
    return {
        "size": scored(judged, sizes, ("below 16 px", "16 to 32 px", "32 to 64 px", "64 to 128 px", "128 px and more")),
        "crowding": scored(judged, crowding, ("no neighbour", "1 or 2", "3 to 5", "6 and more")),
        "border": scored(judged, borders, ("inside", "at the border")),
    }


def scored(judged: Judged, rule: Callable[[Picture], Groups], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Score the groups that a rule numbers from 0, in the order of their labels."""
    group_m, group_n = (np.concatenate(side) for side in zip(*map(rule, judged.pictures), strict=True))
    shown_n = np.concatenate([shown_d for _, _, shown_d in judged])
    rows = []
    for group, label in enumerate(labels):
        outcomes = outcomes_of(judged.lineup, outside_m=group_m != group, outside_n=group_n != group)
        objects = sum(map(outcomes.objects, judged.names))
        if objects:
            lines = [precision for key in judged.names if (precision := class_precision(outcomes, key)) is not None]
            ap_t = np.mean(lines, axis=(0, 2))
            recall = float((outcomes.hits_tn[AT_50] & shown_n).sum() / objects)
            rows.append({"name": label, "objects": objects, "AP": ap_t.mean(), "AP50": ap_t[AT_50], "recall": recall})
    return rows


def sizes(picture: Picture) -> Groups:
    """Group by the root of the area: of an object as its file states it, of a detection its mask's pixels."""
    stated_a = np.array([one["area"] for one in picture.annotations], dtype=float)
    found_d = np.array([native.area(one["segmentation"]) for one in picture.found], dtype=float)
    return np.digitize(np.sqrt(stated_a), SIDES), np.digitize(np.sqrt(found_d), SIDES)


def crowding(picture: Picture) -> Groups:
    """Group by the number of neighbours; crowd regions are none."""
    objects = ~picture.crowd_a
    boxes_a4, boxes_d4 = _corners(picture.annotations), _corners(picture.found)
    near_aa = _near(boxes_a4, boxes_a4) & objects & ~np.eye(len(boxes_a4), dtype=np.bool_)
    near_da = _near(boxes_d4, boxes_a4) & objects
    iou_da = np.where(objects, picture.iou_da("mask"), 0.0)
    rows = np.nonzero(iou_da.any(axis=1))[0]
    near_da[rows, iou_da[rows].argmax(axis=1) if len(rows) else rows] = False
    return np.digitize(near_aa.sum(axis=1), _NEIGHBOURS), np.digitize(near_da.sum(axis=1), _NEIGHBOURS)


def borders(picture: Picture) -> Groups:
    """Group by contact with the border: 1 where a mask has a pixel there."""
    return _at_border(picture.annotations), _at_border(picture.found)


def _corners(entries: Sequence[Entry]) -> NDArray[np.float64]:
    """Give boxes as left, top, right, bottom."""
    boxes_n4 = np.array([one["bbox"] for one in entries], dtype=float).reshape(-1, 4)
    boxes_n4[:, 2:] += boxes_n4[:, :2]
    return boxes_n4


def _near(boxes_n4: NDArray[np.float64], others_m4: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which of the others lie no farther from a box, along both axes, than the root of its area."""
    reach_n = np.sqrt(np.prod(boxes_n4[:, 2:] - boxes_n4[:, :2], axis=1))
    gap_nm2 = np.maximum(boxes_n4[:, None, :2] - others_m4[:, 2:], others_m4[:, :2] - boxes_n4[:, None, 2:])
    return np.asarray(gap_nm2.max(axis=2) <= reach_n[:, None])


def _at_border(entries: Sequence[Entry]) -> NDArray[np.int64]:
    masks = [one["segmentation"] for one in entries]
    boxes_n4 = np.array([native.toBbox(mask) for mask in masks]).reshape(-1, 4)
    sides_n2 = np.array([mask["size"][::-1] for mask in masks]).reshape(-1, 2)
    touches_n2 = (boxes_n4[:, :2] <= 0) | (boxes_n4[:, :2] + boxes_n4[:, 2:] >= sides_n2)
    return np.asarray(touches_n2.any(axis=1) & (boxes_n4[:, 2] > 0), dtype=np.int64)
