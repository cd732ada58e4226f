"""What a model that is mostly right holds against the labels of one image.

The kinds follow ObjectLab (Tkachenko et al. 2023, arXiv 2309.00832), which ranks images by boxes; here single objects
are ranked, by their masks, and how sure a score is has been measured.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as native

from rehead.evaluation.analysis.habits import Habits
from rehead.evaluation.analysis.pairs import ENOUGH, LEAST, Entry, Picture

_POOR = 0.8
"""Share of its class's usual overlap below which an outline is in doubt."""
_WELL = 0.9
"""Least share found of the objects like it, for one that nothing touches to be in doubt."""


@dataclass(frozen=True)
class Doubt:
    """A doubt about a label, or about one that is not there; `strength` 0..1 is how much speaks for it."""

    kind: str
    strength: float
    image: Entry
    annotation: Entry | None
    found: Entry | None
    iou: float | None
    why: str


@dataclass(frozen=True, eq=False)
class Case:
    """One image, what a detector made of it, and how far that can be trusted."""

    picture: Picture
    iou_da: NDArray[np.float64]
    own_da: NDArray[np.float64]
    """The overlaps with objects of the detection's own class alone."""
    trust_d: NDArray[np.float64]
    """The share of detections with such a score that are right."""
    sure_d: NDArray[np.bool_]
    """Detections that a user sees and that are more often right than not."""
    field: str
    names: Mapping[int, str]
    habits: Habits


def doubts_about(case: Case) -> Iterator[Doubt]:
    """Yield every doubt about an image's labels."""
    yield from _missing(case)
    for place in np.nonzero(~case.picture.crowd_a)[0].tolist():
        yield from _misnamed(case, place)
        yield from _misdrawn(case, place)
        yield from _spurious(case, place)


def _missing(case: Case) -> Iterator[Doubt]:
    """Doubt that nothing is there; of detections that overlap each other, the surest speaks."""
    rows = np.nonzero(case.sure_d & ~(case.iou_da > 0).any(axis=1))[0]
    rows = rows[np.argsort(-case.trust_d[rows], kind="stable")]
    shapes = [case.picture.found[row][case.field] for row in rows]
    overlap = native.iou(shapes, shapes, [0] * len(shapes)) if shapes else np.zeros((0, 0))
    for place, row in enumerate(rows.tolist()):
        if not (overlap[place, :place] >= LEAST).any():
            trust = float(case.trust_d[row])
            right = f"of all detections scored so, {100 * trust:.0f} % are right"
            why = f"Found {_claim(case, row)} where nothing is labelled; {right}."
            yield Doubt("missing label", trust, case.picture.image, None, case.picture.found[row], None, why)


def _misnamed(case: Case, place: int) -> Iterator[Doubt]:
    """Doubt the class where the surest detection there has another, and has no object of its own."""
    there_d = case.iou_da[:, place] >= ENOUGH
    own_d = there_d & (case.own_da[:, place] > 0)
    rows = np.nonzero(there_d & case.sure_d & (case.own_da < ENOUGH).all(axis=1))[0]
    if not len(rows):
        return
    row = int(rows[case.trust_d[rows].argmax()])
    trust, defence = float(case.trust_d[row]), float(case.trust_d[own_d].max(initial=0.0))
    if trust > defence:
        label = case.names[int(case.picture.classes_a[place])]
        claim = f"found {_claim(case, row)} and IoU {case.iou_da[row, place]:.2f}"
        best = (
            f"the best {label} scores {case.picture.scores_d[own_d].max():.2f}"
            if own_d.any()
            else f"no {label} is found"
        )
        why = f"Labelled {label}, but {claim}; {best}."
        yield _doubt("wrong class", trust * (1.0 - defence), case, place, row, why)


def _misdrawn(case: Case, place: int) -> Iterator[Doubt]:
    """Doubt the outline where even the closest sure detection of its class overlaps far less than is usual."""
    usual = case.habits.overlaps.get(int(case.picture.classes_a[place]))
    rows = np.nonzero(case.sure_d & (case.own_da[:, place] > 0) & (case.own_da.argmax(axis=1) == place))[0]
    if usual is None or not len(rows):
        return
    row = int(rows[case.own_da[rows, place].argmax()])
    iou = float(case.own_da[row, place])
    if iou < _POOR * usual:
        why = f"Found {_claim(case, row)}, but only with IoU {iou:.2f}; {usual:.2f} is usual for its class."
        yield _doubt("bad outline", float(case.trust_d[row]) * (1.0 - iou / usual), case, place, row, why)


def _spurious(case: Case, place: int) -> Iterator[Doubt]:
    """Doubt that anything is there where no detection, however unsure, comes near."""
    annotation = case.picture.annotations[place]
    others = case.habits.others_found(annotation)
    if others is None or (case.iou_da[:, place] > 0).any():
        return
    share = (others[0] + 1) / (others[1] + 2)  # as for the chance that a score is right: few of them say little
    if share >= _WELL:
        label = case.names[annotation["category_id"]]
        found = f"{others[0]} of the {others[1]} other objects of its class and size are found"
        why = f"Labelled {label}, but no detection of any score or class comes near; {found}."
        yield Doubt("spurious label", share, case.picture.image, annotation, None, None, why)


def _doubt(kind: str, strength: float, case: Case, place: int, row: int, why: str) -> Doubt:
    picture = case.picture
    iou = float(case.iou_da[row, place])
    return Doubt(kind, strength, picture.image, picture.annotations[place], picture.found[row], iou, why)


def _claim(case: Case, row: int) -> str:
    one = case.picture.found[row]
    return f"as {case.names[one['category_id']]} with score {one['score']:.2f}"
