"""What a model usually does on a split: how well it outlines each class, and how often it finds such objects."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rehead.evaluation.analysis.judged import Judged
from rehead.evaluation.analysis.pairs import Entry

FEWEST = 5
"""Objects below which nothing counts as usual; a class with fewer has no usual overlap."""


@dataclass(frozen=True)
class Habits:
    """By class the median overlap of what is found, by class and size how many objects there are, and are found."""

    overlaps: Mapping[int, float]
    objects: Mapping[tuple[int, int], int]
    found: Mapping[tuple[int, int], int]

    def others_found(self, missed: Entry) -> tuple[int, int] | None:
        """Count the objects like a missed one that are found, and all of them, itself aside; None for a few."""
        like = kind_of(missed)
        others = self.objects[like] - 1
        return (self.found.get(like, 0), others) if others >= FEWEST else None


def habits_of(judged: Judged) -> Habits:
    """Measure them on what is shown at or above the score of its class, by COCO's matching at IoU 0.5."""
    overlaps: dict[int, list[float]] = {}
    objects: dict[tuple[int, int], int] = {}
    found: dict[tuple[int, int], int] = {}
    for picture, matching, shown_d in judged:
        for place in np.nonzero(~picture.crowd_a)[0].tolist():
            like = kind_of(picture.annotations[place])
            objects[like] = objects.get(like, 0) + 1
        rows = np.nonzero(shown_d & matching.hits_d)[0]
        columns = matching.met_d[rows]
        for place, iou in zip(columns.tolist(), picture.iou_da(judged.head)[rows, columns].tolist(), strict=True):
            like = kind_of(picture.annotations[place])
            found[like] = found.get(like, 0) + 1
            overlaps.setdefault(like[0], []).append(iou)
    usual = {key: float(np.median(values)) for key, values in overlaps.items() if len(values) >= FEWEST}
    return Habits(usual, objects, found)


def kind_of(annotation: Entry) -> tuple[int, int]:
    """Name objects that are alike: their class, and how often their side doubles from one pixel."""
    side = max(float(annotation["area"]), 1.0) ** 0.5
    return annotation["category_id"], math.floor(math.log2(side))
