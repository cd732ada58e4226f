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
    """One image with what is labelled and what was found in it, and their places in the truth and in the results."""

    image: Entry
    annotations: tuple[Entry, ...]
    found: tuple[Entry, ...]
    place_a: NDArray[np.int64]
    place_d: NDArray[np.int64]
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


def pictures_of(
    truth: Entry, results: Sequence[Entry], counting: Iterable[int], *, heads: Sequence[str]
) -> list[Picture]:
    """Measure every image of a truth by ascending id; `counting` are the places of the results that COCO looks at.

    Truth and results must have passed the strict readers of `rehead.coco`. The dense table of an image is dropped once
    its pairs are taken, so memory follows what overlaps, not images times detections.
    """
    annotations = truth["annotations"]
    labelled = _by_image((one["image_id"], place) for place, one in enumerate(annotations))
    found = _by_image((results[place]["image_id"], place) for place in sorted(counting))
    pictures = []
    for image in sorted(truth["images"], key=lambda image: image["id"]):
        place_a, place_d = labelled.get(image["id"], []), found.get(image["id"], [])
        place_d.sort(key=lambda place: -results[place]["score"])
        own, seen = [annotations[place] for place in place_a], [results[place] for place in place_d]
        crowds = [int(one["iscrowd"]) for one in own]
        pictures.append(
            Picture(
                image,
                tuple(own),
                tuple(seen),
                np.array(place_a, dtype=np.int64),
                np.array(place_d, dtype=np.int64),
                np.array([one["category_id"] for one in own], dtype=np.int64),
                np.array(crowds, dtype=np.bool_),
                np.array([one["category_id"] for one in seen], dtype=np.int64),
                np.array([one["score"] for one in seen], dtype=float),
                {head: _pairs(own, seen, FIELDS[head], crowds) for head in heads},
            )
        )
    return pictures


def _pairs(annotations: list[Entry], found: list[Entry], field: str, crowds: list[int]) -> Pairs:
    iou_da = np.zeros((len(found), len(annotations)))
    if iou_da.size:
        iou_da = native.iou([one[field] for one in found], [one[field] for one in annotations], crowds)
    rows, columns = np.nonzero(iou_da >= LEAST)
    return Pairs(rows, columns, iou_da[rows, columns])


def _by_image(places: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for image_id, place in places:
        groups.setdefault(image_id, []).append(place)
    return groups
