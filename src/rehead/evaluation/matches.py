"""Which detection met which object: one class's matches over all images, as every later question needs them.

Shapes: T IoU thresholds, R recall levels, K classes, A sizes (all, small, medium, large), L limits of detections,
D detections of a class over all images, I images.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.candidates import Candidates
from rehead.evaluation.matching import ignored_objects, matched


@dataclass(frozen=True)
class Evaluation:
    """One head of a split: precision and recall, -1 where there is no object to find, and what could match."""

    precision_trkal: NDArray[np.float64]
    recall_tkal: NDArray[np.float64]
    classes: tuple[str, ...]
    """Names, classes by ascending id."""
    candidates: Callable[[], Candidates]
    """Found when first asked for: precision and recall alone can do without."""


@dataclass(frozen=True)
class Matches:
    """One class's detections over all images, best score first, and its objects in each image.

    Images are numbered by ascending id. Of equal scores, those of the first image come first.
    """

    scores_d: NDArray[np.float64]
    hits_td: NDArray[np.bool_]
    """True where a detection met an object that counts."""
    counted_td: NDArray[np.bool_]
    """False where a detection met a crowd region or an object of another size, and counts neither way."""
    image_d: NDArray[np.int64]
    objects_i: NDArray[np.int64]
    """Objects to be found in each image."""
    result_d: NDArray[np.int64]
    """Each detection's place in the results that were scored."""
    object_td: NDArray[np.int64]
    """Id of the annotation that a detection met, crowd regions too; 0 for none."""


def matches_of(evaluation: Evaluation, *, area: int = 0) -> list[Matches]:
    """Collect each class's matches, classes by ascending id: of all objects, or of small, medium, large (1, 2, 3)."""
    found = evaluation.candidates()
    object_tn, counted_tn = matched(found, area)
    ids_tn = np.append(found.ids_m, 0)[object_tn]
    wanted_m = ~ignored_objects(found, area)
    matches = []
    for row in range(len(evaluation.classes)):
        own = found.best_first(row)
        objects_i = np.bincount(found.image_m[wanted_m & (found.class_m == row)], minlength=found.images)
        counted_td, object_td = counted_tn[:, own], ids_tn[:, own]
        matches.append(
            Matches(
                found.scores_n[own],
                (object_td > 0) & counted_td,
                counted_td,
                found.image_n[own],
                objects_i,
                found.result_n[own],
                object_td,
            )
        )
    return matches
