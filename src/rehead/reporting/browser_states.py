"""What became of each detection of a picture: which object it found, or why it found none.

A better detection is never matched after a worse one of its class, so that a threshold takes detections away and
changes no other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.faults import KINDS, faults_of
from rehead.evaluation.analysis.outcomes import Matching
from rehead.evaluation.analysis.pairs import LEAST, Picture

FOUND, IGNORED = "found", "inside a crowd"
_WORDS = {
    "class": "wrong class",
    "localisation": "badly outlined",
    "both": "wrong class and outline",
    "duplicate": "double",
    "background": "invented",
}
_OF_OTHERS = ("class", "both")


@dataclass(frozen=True)
class Verdict:
    """What became of a detection, the place of the object that it found or came near (None: none), and their IoU."""

    state: str
    """FOUND, IGNORED, or its type of error in the page's words."""
    object_at: int | None = None
    iou: float | None = None


def verdicts_on(picture: Picture, matching: Matching) -> list[Verdict]:
    """Give a verdict on each detection of a picture, best first, by the matching of masks."""
    counted_d, met_d = matching.counted_d, matching.met_d
    kinds = iter(faults_of(picture, matching, np.ones_like(counted_d), head="mask").kind_n.tolist())
    iou_da, same_da = picture.iou_da("mask"), picture.same_da
    verdicts = []
    for row, counted in enumerate(counted_d):
        kind = next(kinds) if counted else -1
        if kind < 0:
            met = int(met_d[row])
            verdicts.append(Verdict(FOUND if counted else IGNORED, met, float(iou_da[row, met])))
        else:
            near_a = np.where((same_da[row] != (KINDS[kind] in _OF_OTHERS)) & ~picture.crowd_a, iou_da[row], 0.0)
            verdicts.append(_astray(_WORDS[KINDS[kind]], near_a))
    return verdicts


def _astray(state: str, near_a: NDArray[np.float64]) -> Verdict:
    if not near_a.size or near_a.max() < LEAST:
        return Verdict(state)
    return Verdict(state, int(near_a.argmax()), float(near_a.max()))
