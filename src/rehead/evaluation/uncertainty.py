"""How far an AP could move with other test images of the same kind: a bootstrap over images.

Matching is done once, by pycocotools. A resample only weighs each image's detections and objects by how often the image
was drawn, so a thousand resamples cost about as much as one more evaluation.

Shapes: T IoU thresholds, D detections of a class over all images, I images.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.matches import Matches, matches_of

_RECALLS = np.linspace(0.0, 1.0, 101)


def intervals(
    evaluations: dict[str, Any],
    *,
    images: int,
    resamples: int,
    confidence: float,
    seed: int,
) -> dict[str, dict[str, list[float] | None]]:
    """Give [low, high] for AP and AP50 of both heads from what `evaluate_heads` returned for so many images.

    None where AP is undefined or no resample was asked for.
    """
    draws = draws_of(images, resamples=resamples, seed=seed)
    return {head: _interval(matches_of(found), draws, confidence) for head, found in evaluations.items()}


def draws_of(images: int, *, resamples: int, seed: int) -> list[NDArray[np.int64]]:
    """Draw as many images as there are, with replacement, again and again: how often each was drawn (I)."""
    rng = np.random.default_rng(seed)
    return [np.bincount(rng.integers(images, size=images), minlength=images) for _ in range(resamples)]


def resampled(classes: list[Matches], draws: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Give AP over classes at each threshold (T) for each draw that holds an object: of one truth always the same."""
    means = []
    for weights_i in draws:
        defined = [ap for matches in classes if (ap := average_precision(matches, weights_i)) is not None]
        if defined:
            means.append(np.mean(defined, axis=0))
    return np.array(means) if means else np.zeros((0, 0))


def average_precision(matches: Matches, weights_i: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Give AP at each IoU threshold (T) with each image weighed; None without objects. Weights of 1 give COCO's AP."""
    objects = int((matches.objects_i * weights_i).sum())
    if objects == 0:
        return None
    weight_td = matches.counted_td * weights_i[matches.image_d]
    hits_td = np.cumsum(weight_td * matches.hits_td, axis=1)
    seen_td = np.maximum(np.cumsum(weight_td, axis=1), np.spacing(1.0))
    precision_td = np.maximum.accumulate((hits_td / seen_td)[:, ::-1], axis=1)[:, ::-1]
    values = np.zeros(len(hits_td))
    for row, (recall_d, precision_d) in enumerate(zip(hits_td / objects, precision_td, strict=True)):
        at = np.searchsorted(recall_d, _RECALLS, side="left")
        values[row] = precision_d[at[at < len(precision_d)]].sum() / len(_RECALLS)
    return values


def _interval(
    classes: list[Matches], draws: list[NDArray[np.int64]], confidence: float
) -> dict[str, list[float] | None]:
    """Resample AP (mean over thresholds and classes) and AP50 (the first threshold)."""
    means_dt = resampled(classes, draws)
    if not len(means_dt):
        return {"AP": None, "AP50": None}
    return {"AP": middle_of(means_dt.mean(axis=1), confidence), "AP50": middle_of(means_dt[:, 0], confidence)}


def middle_of(values: NDArray[np.float64], confidence: float) -> list[float]:
    """Give the bounds between which that share of the values lies."""
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return [float(low), float(high)]
