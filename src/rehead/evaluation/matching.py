"""COCO's greedy matching of a whole split at once.

COCO goes through the detections of an image and class, best first. Each takes the free object that it overlaps most, if
by at least the threshold; where there is none, a crowd region or an object of another size may swallow it. Here the
best detections of all images and classes go first together, then all second ones, and so on.

Shapes: T IoU thresholds, N detections, M objects, P pairs, as in `candidates`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.candidates import THRESHOLDS, Candidates

AREAS = ((0.0, 1e10), (0.0, 32.0**2), (32.0**2, 96.0**2), (96.0**2, 1e10))
"""COCO's sizes of objects in pixels, both ends included: all, small, medium, large."""
_MET = np.minimum(THRESHOLDS, 1 - 1e-10)


def ignored_objects(found: Candidates, area: int) -> NDArray[np.bool_]:
    """Tell which objects (M) nobody has to find: crowd regions, and those of other sizes."""
    return found.crowd_m | _outside(found.areas_m, area)


def matched(found: Candidates, area: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Match for one size as `matched_ignoring` does, all other sizes ignored."""
    return matched_ignoring(found, ignored_objects(found, area), _outside(found.areas_n, area))


def matched_ignoring(
    found: Candidates, ignored_m: NDArray[np.bool_], outside_n: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give each detection's row of objects (T x N, -1 for none), and whether it counts (T x N).

    What met an ignored object counts neither way, nor does what met nothing and lies outside itself. Crowd regions
    must be among the ignored.
    """
    object_tn = np.full((len(THRESHOLDS), len(found.scores_n)), -1, dtype=np.int64)
    free_tm = np.ones((len(THRESHOLDS), len(ignored_m)), dtype=bool)
    # of one detection's pairs the last that is allowed wins: the best overlap, of equals the last object
    rank_p = found.rank_n[found.detection_p]
    order = np.lexsort((found.target_p, found.iou_p, ~ignored_m[found.target_p], found.detection_p, rank_p))
    rounds = np.flatnonzero(np.diff(rank_p[order], prepend=-1))
    for pairs in np.split(order, rounds[1:]):
        _play(found, pairs, object_tn, free_tm)
    met_tn = object_tn >= 0
    ignored_tn = np.append(ignored_m, False)[object_tn] | (~met_tn & outside_n)
    return object_tn, ~ignored_tn


def _play(found: Candidates, pairs: NDArray[np.int64], object_tn: NDArray[Any], free_tm: NDArray[np.bool_]) -> None:
    """Let one detection of each image and class choose among its pairs, the better ones last."""
    if not len(pairs):
        return
    rows, targets = found.detection_p[pairs], found.target_p[pairs]
    allowed_tp = (found.iou_p[pairs] >= _MET[:, None]) & (free_tm[:, targets] | found.crowd_m[targets])
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    last_td = np.maximum.reduceat(np.where(allowed_tp, np.arange(len(pairs)), -1), starts, axis=1)
    level, column = np.nonzero(last_td >= 0)
    taken = targets[last_td[level, column]]
    object_tn[level, rows[starts[column]]] = taken
    free_tm[level, taken] = False


def _outside(areas: NDArray[np.float64], area: int) -> NDArray[np.bool_]:
    low, high = AREAS[area]
    return (areas < low) | (areas > high)
