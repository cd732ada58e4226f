"""How well objects are measured, for people who want to know how large each one is."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as native

from rehead.evaluation.analysis.judged import Judged

MOST = 2000
"""Objects listed one by one; all of them are in the numbers."""


def areas(judged: Judged, *, most: int = MOST) -> dict[str, Any]:
    """Compare the area in pixels of each found object's mask with that of its label.

    Found by COCO's matching at mask IoU 0.5, by a detection at or above the score of its class. An object's relative
    error is (predicted - true) / true: `median_relative_error` and `p90_relative_error` are the middle and the 90 %
    quantile of its size without sign, `bias` the mean with sign (above 0 where areas come out too large). None where
    nothing was found. Of the `of` objects found up to `most` are listed, evenly picked.
    """
    rows = list(_found(judged))
    classes_m = np.array([key for key, _, _ in rows], dtype=np.int64)
    true_m, predicted_m = (np.array([row[at] for row in rows], dtype=float) for at in (1, 2))
    error_m = (predicted_m - true_m) / true_m
    listed = (rows[at] for at in np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(int))
    return {
        "objects": [
            {"class": judged.names[key], "true": true, "predicted": predicted} for key, true, predicted in listed
        ],
        "of": len(rows),
        **_summary(error_m),
        "per_class": {name: _summary(error_m[classes_m == key]) for key, name in judged.names.items()},
    }


def _found(judged: Judged) -> Iterator[tuple[int, int, int]]:
    """Yield class, true and predicted area of all that was found; at IoU 0.5 both masks have pixels."""
    for picture, matching, shown_d in judged:
        for row in np.nonzero(shown_d & matching.hits_d)[0].tolist():
            label = picture.annotations[int(matching.met_d[row])]
            true, predicted = (int(native.area(one["segmentation"])) for one in (label, picture.found[row]))
            yield label["category_id"], true, predicted


def _summary(error_m: NDArray[np.float64]) -> dict[str, float | None]:
    if not len(error_m):
        return {"median_relative_error": None, "bias": None, "p90_relative_error": None}
    return {
        "median_relative_error": float(np.median(np.abs(error_m))),
        "bias": float(error_m.mean()),
        "p90_relative_error": float(np.quantile(np.abs(error_m), 0.9)),
    }
