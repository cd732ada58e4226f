"""What is wrong with each detection, and which objects nothing found, after TIDE (Bolya et al. 2020, arXiv 2008.08115).

Every detection that counts as false is of exactly one kind, told by its largest IoU with an object of its own class and
of any other (a crowd region is no object):

- localisation: from 0.1 to below 0.5 with its own class: the right thing, poorly placed or outlined.
- class: otherwise, at least 0.5 with another class: the right place, the wrong name.
- duplicate: otherwise, at least 0.5 with its own class: that object was found already, with a higher score.
- background: otherwise, below 0.1 with everything: nothing is labelled there.
- both: otherwise: poorly placed, on an object of another class.

An object is missed if no detection found it and no localisation or class error, once mended, would.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.judged import Judged
from rehead.evaluation.analysis.outcomes import Matching
from rehead.evaluation.analysis.pairs import ENOUGH, LEAST, Picture

KINDS = ("class", "localisation", "both", "duplicate", "background", "missed")
CLASS, LOCALISATION, BOTH, DUPLICATE, BACKGROUND, MISSED = range(6)
RIGHT = -1

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Faults:
    """The detections (N) that count and the objects (M), of one image or of many in a row."""

    kind_n: Ints
    """Place in `KINDS`, `RIGHT` for a detection that found an object."""
    target_n: Ints
    """Place of the object that a class or localisation error meant, -1 for other detections."""
    scores_n: NDArray[np.float64]
    classes_n: Ints
    classes_m: Ints
    found_m: Bools
    missed_m: Bools
    asked_m: Bools
    """Objects that count for recall: all of them, until missed ones are mended."""


def faults_in(judged: Judged, *, shown_only: bool = False) -> Faults:
    """Tell what is wrong in all images, of all detections or of those that a user sees; objects are numbered on."""
    parts = [
        faults_of(picture, matching, shown_d | (not shown_only), head=judged.head)
        for picture, matching, shown_d in judged
    ]
    starts = np.cumsum([0, *(len(part.found_m) for part in parts)]).tolist()
    rows: dict[str, Any] = {
        one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Faults)
    }
    shift_n = np.repeat(starts[:-1], [len(part.kind_n) for part in parts])
    return Faults(**rows | {"target_n": np.where(rows["target_n"] < 0, -1, rows["target_n"] + shift_n)})


def faults_of(picture: Picture, matching: Matching, taken_d: Bools, *, head: str) -> Faults:
    """Tell what is wrong in one image, by COCO's matching at IoU 0.5, of the detections that are taken."""
    objects = np.nonzero(~picture.crowd_a)[0]
    iou_dm, same_dm = picture.iou_da(head)[:, objects], picture.same_da[:, objects]
    own_d, mine_d = _largest(np.where(same_dm, iou_dm, 0.0))
    other_d, theirs_d = _largest(np.where(same_dm, 0.0, iou_dm))
    tests = {
        RIGHT: matching.met_d >= 0,
        LOCALISATION: (own_d >= LEAST) & (own_d < ENOUGH),
        CLASS: other_d >= ENOUGH,
        DUPLICATE: own_d >= ENOUGH,
        BACKGROUND: other_d < LEAST,
    }
    counted_d = matching.counted_d & taken_d
    kind_n = np.select(list(tests.values()), list(tests), BOTH)[counted_d]
    target_n = np.select([kind_n == LOCALISATION, kind_n == CLASS], [mine_d[counted_d], theirs_d[counted_d]], -1)
    found_m = np.isin(objects, matching.met_d[counted_d])
    return Faults(
        kind_n,
        target_n,
        picture.scores_d[counted_d],
        picture.classes_d[counted_d],
        picture.classes_a[objects],
        found_m,
        missed_m=~found_m & ~np.isin(np.arange(len(objects)), target_n),
        asked_m=np.ones(len(objects), dtype=np.bool_),
    )


def counts_of(faults: Faults, categories: Sequence[int]) -> dict[str, int]:
    """Count each kind in some classes: false detections by the class predicted, missed objects by their own."""
    kinds = faults.kind_n[np.isin(faults.classes_n, categories)]
    counts = {name: int((kinds == kind).sum()) for kind, name in enumerate(KINDS)}
    return counts | {KINDS[MISSED]: int(faults.missed_m[np.isin(faults.classes_m, categories)].sum())}


def _largest(iou_dm: NDArray[np.float64]) -> tuple[NDArray[np.float64], Ints]:
    """Give each detection's largest overlap and with which object; 0 and -1 where there is no object."""
    if not iou_dm.shape[1]:
        return np.zeros(len(iou_dm)), np.full(len(iou_dm), -1)
    return iou_dm.max(axis=1), iou_dm.argmax(axis=1)
