"""Detections and objects that could match: one table for a whole split, and the pairs in it that overlap enough.

A detection may match only an object of its own image and class, at an IoU of 0.5 or more; few pairs get there, so all
that follows works on those. Overlaps come from pycocotools' native code and are its numbers to the last bit.

Shapes: N detections, M objects, P pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as native

THRESHOLDS = np.linspace(0.5, 0.95, 10)
_ENDS: tuple[Literal["left", "right"], ...] = ("left", "right")
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """Rows of detections and objects, those of one image and class together, classes and images by ascending id.

    Detections of an image and class stand best first, no more than count; of equal scores the first given comes first.
    """

    class_n: Ints
    image_n: Ints
    rank_n: Ints
    """Place among the detections of the same image and class, from 0."""
    scores_n: Floats
    areas_n: Floats
    result_n: Ints
    """Place in the results."""
    class_m: Ints
    image_m: Ints
    areas_m: Floats
    crowd_m: NDArray[np.bool_]
    object_m: Ints
    """Place in the truth's annotations."""
    ids_m: Ints
    detection_p: Ints
    target_p: Ints
    """Row of the object, 0..M-1."""
    iou_p: Floats
    classes: int
    images: int

    def best_first(self, row: int) -> Ints:
        """List the rows of one class's detections, over all images, best first."""
        first, end = np.searchsorted(self.class_n, [row, row + 1])
        return np.asarray(first + np.argsort(-self.scores_n[first:end], kind="stable"))

    def with_overlaps(self, iou_p: Floats) -> "Candidates":
        """Measure the pairs anew, and keep those that still overlap enough."""
        kept = iou_p >= THRESHOLDS[0]
        return replace(self, detection_p=self.detection_p[kept], target_p=self.target_p[kept], iou_p=iou_p[kept])


def candidates(
    truth: Mapping[str, Any], results: Sequence[Mapping[str, Any]], field: str, *, max_detections: int
) -> Candidates:
    """Pair results with truth by boxes (`field` bbox) or masks (segmentation); results without the field are left out.

    Both must have passed the strict readers.
    """
    images, classes = (sorted(one["id"] for one in truth[table]) for table in ("images", "categories"))
    annotations = truth["annotations"]
    result_n = np.array([at for at, result in enumerate(results) if field in result], dtype=np.int64)
    found = [results[at] for at in result_n]
    scores_n = np.array([result["score"] for result in found], dtype=float)
    class_m, image_m = _rows(annotations, "category_id", classes), _rows(annotations, "image_id", images)
    class_n, image_n = _rows(found, "category_id", classes), _rows(found, "image_id", images)

    order_m = np.lexsort((image_m, class_m))
    order_n = np.lexsort((-scores_n, image_n, class_n))
    group_n = (class_n * len(images) + image_n)[order_n]
    rank_n = np.arange(len(order_n)) - np.searchsorted(group_n, group_n)
    counting = rank_n < max_detections
    order_n, rank_n = order_n[counting], rank_n[counting]

    shapes_n, shapes_m = [found[at][field] for at in order_n], [annotations[at][field] for at in order_m]
    crowd_m = np.array([bool(annotations[at]["iscrowd"]) for at in order_m], dtype=bool)
    group_n, group_m = group_n[counting], (class_m * len(images) + image_m)[order_m]
    return Candidates(
        class_n[order_n],
        image_n[order_n],
        rank_n,
        scores_n[order_n],
        _areas(shapes_n, field),
        result_n[order_n],
        class_m[order_m],
        image_m[order_m],
        np.array([annotations[at]["area"] for at in order_m], dtype=float),
        crowd_m,
        order_m,
        np.array([annotations[at]["id"] for at in order_m], dtype=np.int64),
        *_pairs(shapes_n, shapes_m, group_n, group_m, crowd_m),
        len(classes),
        len(images),
    )


def _rows(entries: Sequence[Mapping[str, Any]], key: str, ids: Sequence[int]) -> Ints:
    """Number the entries' ids by their place among all."""
    places = {number: row for row, number in enumerate(ids)}
    return np.array([places[entry[key]] for entry in entries], dtype=np.int64)


def _areas(shapes: Sequence[Any], field: str) -> Floats:
    """Measure boxes x, y, width, height, or count a mask's pixels."""
    if field == "segmentation":
        return np.array([native.area(mask) for mask in shapes], dtype=float)
    return np.prod(np.asarray(shapes, dtype=float).reshape(-1, 4)[:, 2:], axis=1)


def _pairs(
    shapes_n: Sequence[Any], shapes_m: Sequence[Any], group_n: Ints, group_m: Ints, crowd_m: NDArray[np.bool_]
) -> tuple[Ints, Ints, Floats]:
    """Find the pairs that overlap enough: rows of detections, rows of objects, IoU (of a crowd: share inside it)."""
    shared = np.intersect1d(group_n, group_m)
    bounds = [np.searchsorted(rows, shared, side=side) for rows in (group_n, group_m) for side in _ENDS]
    pairs = [np.zeros((3, 0))]
    for first_n, end_n, first_m, end_m in np.transpose(bounds).tolist():
        crowds = crowd_m[first_m:end_m].tolist()
        iou = np.asarray(native.iou(shapes_n[first_n:end_n], shapes_m[first_m:end_m], crowds))
        detection_p, target_p = np.nonzero(iou >= THRESHOLDS[0])
        pairs.append(np.stack([detection_p + first_n, target_p + first_m, iou[detection_p, target_p]]))
    detection_p, target_p, iou_p = np.concatenate(pairs, axis=1)
    return detection_p.astype(np.int64), target_p.astype(np.int64), iou_p
