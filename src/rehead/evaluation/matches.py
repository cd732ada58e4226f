"""Which detection met which object: one class's matches over all images, as every later question needs them.

Shapes: T IoU thresholds, D detections of a class over all images, I images.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


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


def matches_of(evaluation: Any, *, area: int = 0) -> list[Matches]:
    """Collect each class's matches, classes by ascending id: of all objects, or of small, medium, large (1, 2, 3)."""
    params = evaluation.params
    images, areas = len(params.imgIds), len(params.areaRng)
    starts = [(row * areas + area) * images for row in range(len(params.catIds))]
    return [_class_matches(evaluation.evalImgs[at : at + images], len(params.iouThrs)) for at in starts]


def _class_matches(block: list[dict[str, Any] | None], thresholds: int) -> Matches:
    """Join what pycocotools found in each image (None where there is neither object nor detection)."""
    found = [(number, entry) for number, entry in enumerate(block) if entry is not None]
    objects_i = np.zeros(len(block), dtype=np.int64)
    for number, entry in found:
        objects_i[number] = np.count_nonzero(np.asarray(entry["gtIgnore"]) == 0)

    def joined(field: str) -> NDArray[np.int64]:
        parts = [np.asarray(entry[field], dtype=np.int64).reshape(thresholds, -1) for _, entry in found]
        return np.concatenate([np.zeros((thresholds, 0), dtype=np.int64), *parts], axis=1)

    scores_d = np.concatenate([np.zeros(0), *(np.asarray(entry["dtScores"], dtype=float) for _, entry in found)])
    numbers = [(number, dt_id - 1) for number, entry in found for dt_id in entry["dtIds"]]
    image_d, result_d = np.array(numbers, dtype=np.int64).reshape(-1, 2).T
    order = np.argsort(-scores_d, kind="stable")
    object_td, counted_td = joined("dtMatches")[:, order], joined("dtIgnore")[:, order] == 0
    return Matches(
        scores_d[order],
        (object_td > 0) & counted_td,
        counted_td,
        image_d[order],
        objects_i,
        result_d[order],
        object_td,
    )
