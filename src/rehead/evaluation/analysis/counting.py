"""How well objects are counted, for people who want to know how many there are in each image."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.judged import Judged

Counts = NDArray[np.int64]


def counting(judged: Judged) -> dict[str, Any]:
    """Compare in each image the number of objects with that of the detections at or above the score of their class.

    Errors are predicted minus true: `mean_absolute_error` in objects per image, `bias` their mean (above 0 where too
    many are counted), `exact_share` the share of images with the right number. Crowd regions, and detections that COCO
    ignores on them, count on neither side.
    """
    true_ik = np.array([_tally(p.classes_a[~p.crowd_a], judged.names) for p, _, _ in judged])
    predicted_ik = np.array([_tally(p.classes_d[s & m.counted_d], judged.names) for p, m, s in judged])
    errors_ik = predicted_ik - true_ik
    return {
        "images": [
            {
                "image_id": picture.image["id"],
                "file_name": picture.image["file_name"],
                "true": int(true_k.sum()),
                "predicted": int(predicted_k.sum()),
            }
            for picture, true_k, predicted_k in zip(judged.pictures, true_ik, predicted_ik, strict=True)
        ],
        **_summary(errors_ik.sum(axis=1)),
        "per_class": {name: _summary(errors_ik[:, place]) for place, name in enumerate(judged.names.values())},
    }


def _tally(classes_n: Counts, names: Mapping[int, str]) -> Counts:
    """Count each class, by ascending id as `names` has them."""
    keys = list(names)
    return np.bincount(np.searchsorted(keys, classes_n), minlength=len(keys))


def _summary(errors_i: Counts) -> dict[str, float]:
    return {
        "mean_absolute_error": float(np.abs(errors_i).mean()),
        "bias": float(errors_i.mean()),
        "exact_share": float((errors_i == 0).mean()),
    }
