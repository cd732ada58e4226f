"""Every detection of an image against every object, whatever their classes: the one measurement that all of this reads.

Shapes: D detections of an image, best first, A annotations of it, crowd regions among them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as native

FIELDS = {"box": "bbox", "mask": "segmentation"}
"""Head -> the field of annotations and results that it is judged by."""
LEAST = 0.1
"""Overlap below which two have nothing to do with each other; TIDE calls a detection without more background."""
ENOUGH = 0.5
"""Overlap from which a detection has found an object."""

Entry = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs of an image that overlap by at least `LEAST`: detection, annotation and IoU of each."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Picture:
    """One image with what is labelled and what was found in it."""

    image: Entry
    annotations: tuple[Entry, ...]
    found: tuple[Entry, ...]
    classes_a: NDArray[np.int64]
    crowd_a: NDArray[np.bool_]
    classes_d: NDArray[np.int64]
    scores_d: NDArray[np.float64]
    pairs: Mapping[str, Pairs]

    def iou_da(self, head: str) -> NDArray[np.float64]:
        """Give the overlaps of "box" or "mask", 0 below `LEAST`; with a crowd region the share inside it, as COCO."""
        pairs = self.pairs[head]
        iou_da = np.zeros((len(self.found), len(self.annotations)))
        iou_da[pairs.rows, pairs.columns] = pairs.values
        return iou_da

    @property
    def same_da(self) -> NDArray[np.bool_]:
        """Tell which detection has the class of which annotation."""
        return np.equal(self.classes_d[:, None], self.classes_a)

    def shown_d(self, thresholds: Mapping[int, float]) -> NDArray[np.bool_]:
        """Tell which detections a user sees: those at or above the score of their class, by category id."""
        least_d = np.array([thresholds[one] for one in self.classes_d.tolist()], dtype=float)
        return self.scores_d >= least_d


def pictures_of(truth: Entry, results: Sequence[Entry], *, max_detections: int) -> list[Picture]:
    """Measure every image of a truth by ascending id; as COCO does, each class keeps its `max_detections` best there.

    Both must have passed the strict readers of `rehead.coco`. The dense table of an image is dropped once its pairs
    are taken, so memory follows what overlaps, not images times detections.
    """
    heads = heads_of(results)
    labelled, found = _by_image(truth["annotations"]), _by_image(results)
    images = sorted(truth["images"], key=lambda image: image["id"])
    return [
        _picture(image, labelled.get(image["id"], []), _best(found.get(image["id"], []), max_detections), heads)
        for image in images
    ]


def heads_of(results: Sequence[Entry]) -> tuple[str, ...]:
    """Name the heads that results can be judged by; the last is what all but the box's own numbers rest on."""
    return tuple(head for head, field in FIELDS.items() if all(field in one for one in results))


def _picture(image: Entry, annotations: list[Entry], found: list[Entry], heads: Iterable[str]) -> Picture:
    crowds = [int(bool(one.get("iscrowd"))) for one in annotations]
    return Picture(
        image,
        tuple(annotations),
        tuple(found),
        np.array([one["category_id"] for one in annotations], dtype=np.int64),
        np.array(crowds, dtype=np.bool_),
        np.array([one["category_id"] for one in found], dtype=np.int64),
        np.array([one["score"] for one in found], dtype=float),
        {head: _pairs(annotations, found, FIELDS[head], crowds) for head in heads},
    )


def _pairs(annotations: list[Entry], found: list[Entry], field: str, crowds: list[int]) -> Pairs:
    iou_da = np.zeros((len(found), len(annotations)))
    if iou_da.size:
        iou_da = native.iou([one[field] for one in found], [one[field] for one in annotations], crowds)
    rows, columns = np.nonzero(iou_da >= LEAST)
    return Pairs(rows, columns, iou_da[rows, columns])


def _best(found: list[Entry], most: int) -> list[Entry]:
    kept: list[Entry] = []
    counts: dict[int, int] = {}
    for one in sorted(found, key=lambda one: -one["score"]):
        counts[one["category_id"]] = counts.get(one["category_id"], 0) + 1
        if counts[one["category_id"]] <= most:
            kept.append(one)
    return kept


def _by_image(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    groups: dict[int, list[Entry]] = {}
    for one in entries:
        groups.setdefault(one["image_id"], []).append(one)
    return groups
