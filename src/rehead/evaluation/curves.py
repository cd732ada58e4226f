"""COCO's precision and recall from matches, all sizes and limits of detections.

Shapes: T IoU thresholds, R recall levels, K classes, A sizes, L limits of detections per image and class, D detections.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.candidates import THRESHOLDS, Candidates
from rehead.evaluation.matching import AREAS, ignored_objects, matched

RECALLS = np.linspace(0.0, 1.0, 101)
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def curves(found: Candidates, limits: Sequence[int]) -> tuple[Floats, Floats]:
    """Give precision TRKAL at each recall level and the recall TKAL reached; -1 where there is no object to find."""
    precision = np.full((len(THRESHOLDS), len(RECALLS), found.classes, len(AREAS), len(limits)), -1.0)
    recall = np.full((len(THRESHOLDS), found.classes, len(AREAS), len(limits)), -1.0)
    for area in range(len(AREAS)):
        object_tn, counted_tn = matched(found, area)
        objects_k = np.bincount(found.class_m[~ignored_objects(found, area)], minlength=found.classes)
        for row in np.flatnonzero(objects_k).tolist():
            own = found.best_first(row)
            for place, limit in enumerate(limits):
                seen = own[found.rank_n[own] < limit]
                hits_td, counted_td = object_tn[:, seen] >= 0, counted_tn[:, seen]
                precision[:, :, row, area, place], recall[:, row, area, place] = curve_of(
                    hits_td & counted_td, counted_td, objects=objects_k[row].item()
                )
    return precision, recall


def curve_of(hits_td: Bools, counted_td: Bools, *, objects: int) -> tuple[Floats, Floats]:
    """Give precision (T x R) at each recall level, made monotone as COCO does, and the last recall (T).

    Detections stand best first; 0 at a recall that is not reached.
    """
    precision_tr = np.zeros((len(hits_td), len(RECALLS)))
    if not hits_td.shape[1]:
        return precision_tr, np.zeros(len(hits_td))
    hits = np.cumsum(hits_td, axis=1, dtype=float)
    recall_td = hits / objects
    precision_td = hits / (np.cumsum(counted_td, axis=1, dtype=float) + np.spacing(1))
    precision_td = np.maximum.accumulate(precision_td[:, ::-1], axis=1)[:, ::-1]
    for row, (recall_d, precision_d) in enumerate(zip(recall_td, precision_td, strict=True)):
        at = np.searchsorted(recall_d, RECALLS, side="left")
        at = at[at < len(recall_d)]
        precision_tr[row, : len(at)] = precision_d[at]
    return precision_tr, recall_td[:, -1]
