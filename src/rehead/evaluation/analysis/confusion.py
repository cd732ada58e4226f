"""Which class is taken for which, what is missed, and what is invented, among the detections that a user sees."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.judged import Judged
from rehead.evaluation.analysis.pairs import ENOUGH, Picture

_FREE, _HIDDEN = -1, -2


def confusion(judged: Judged) -> dict[str, Any]:
    """Count objects by their class (rows) and the class that they were taken for (columns).

    The last column holds objects that no detection claimed, the last row detections that claimed no object. Detections
    at or above the score of their class choose in turn, best score first: the unclaimed object with the highest IoU of
    at least 0.5, among those of its own class if there is one. A detection that COCO ignores, on a crowd region, is
    left out when it claims nothing.
    """
    names = judged.names
    place = {key: number for number, key in enumerate(names)}
    counts = np.zeros((len(names) + 1, len(names) + 1), dtype=np.int64)
    for picture, matching, shown_d in judged:
        claimed_d = claims(picture, shown_d, head=judged.head)
        for row, column in enumerate(claimed_d.tolist()):
            said = place[int(picture.classes_d[row])]
            if column >= 0:
                counts[place[int(picture.classes_a[column])], said] += 1
            elif column == _FREE and matching.counted_d[row]:
                counts[-1, said] += 1
        unclaimed = np.setdiff1d(np.nonzero(~picture.crowd_a)[0], claimed_d)
        for category in picture.classes_a[unclaimed].tolist():
            counts[place[category], -1] += 1
    return {"iou": ENOUGH, "classes": [*names.values(), "background"], "counts": counts}


def claims(picture: Picture, shown_d: NDArray[np.bool_], *, head: str) -> NDArray[np.int64]:
    """Name the annotation that each detection claims: -1 for none, -2 for a detection that is not shown."""
    iou_da, same_da = np.where(picture.crowd_a, 0.0, picture.iou_da(head)), picture.same_da
    free_a = np.ones(len(picture.annotations), dtype=np.bool_)
    claimed_d = np.where(shown_d, _FREE, _HIDDEN)
    for row in np.nonzero(shown_d & (iou_da >= ENOUGH).any(axis=1))[0]:
        open_a = free_a & (iou_da[row] >= ENOUGH)
        if not open_a.any():
            continue
        own_a = open_a & same_da[row]
        column = int(np.where(own_a if own_a.any() else open_a, iou_da[row], 0.0).argmax())
        claimed_d[row], free_a[column] = column, False
    return claimed_d
