"""How far an AP could move with other test images of the same kind: a bootstrap over images.

Matching is done once. A resample only weighs each image's detections and objects by how often the image was drawn
(Efron 1979), and only the hits of a curve have to be looked at: between two of them precision falls and recall stays.

Shapes: R resamples, I images, T IoU thresholds, D detections of a class over all images best first, G hits of them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.matches import Evaluation, Matches, matches_of

_RECALLS = np.linspace(0.0, 1.0, 101)
_CHUNK = 200_000
"""Weights of detections held at a time."""
THRESHOLDS = {"AP": slice(None), "AP50": slice(0, 1), "AP75": slice(5, 6)}
"""The IoU thresholds that a number averages."""
_SIZES = {"APs": 1, "APm": 2, "APl": 3}
"""The range of object sizes that a number counts."""
_NAMED = 3

Interval = list[float] | None


def intervals(
    evaluations: Mapping[str, Evaluation], draws_ri: NDArray[np.int32], *, confidence: float
) -> dict[str, dict[str, Interval]]:
    """Give [low, high] of AP, AP50, AP75, APs, APm and APl of each head in what `evaluate_heads` returned.

    `per_class` holds those of each class's mask AP. None where a number is undefined, no resample was drawn, or fewer
    images hold its objects than `least_images` says.
    """
    told: dict[str, dict[str, Interval]] = {}
    for head, evaluation in evaluations.items():
        classes = matches_of(evaluation)
        drawn = [precisions(matches, draws_ri) for matches in classes]
        told[head] = {
            name: _interval([values_rt[:, at] for values_rt in drawn], classes, confidence)
            for name, at in THRESHOLDS.items()
        }
        for name, area in _SIZES.items():
            sized = matches_of(evaluation, area=area)
            told[head][name] = _interval([precisions(matches, draws_ri) for matches in sized], sized, confidence)
        if head == "mask":
            by_class = zip(evaluation.classes, drawn, classes, strict=True)
            told["per_class"] = {name: _interval([one], [matches], confidence) for name, one, matches in by_class}
    return told


def least_images(confidence: float) -> int:
    """Count the images with objects below which nothing is told with that confidence.

    Were it all chance, n images would lean the same way in 2 of 2^n cases (the sign test); a bootstrap of so few knows
    nothing of that, and of one image it says that there is no doubt at all.
    """
    return math.ceil(1.0 + math.log2(1.0 / (1.0 - confidence)))


def images_with_objects(classes: Sequence[Matches]) -> int:
    """Count the images that hold an object of any of these classes."""
    return int(np.count_nonzero(sum(matches.objects_i for matches in classes)))


def doubts(evaluation: Evaluation, *, resamples: int, confidence: float) -> list[str]:
    """Say in sentences which intervals there cannot be, and what weakens the others."""
    if not resamples:
        return ["There are no intervals, since evaluate.resamples is 0."]
    classes, least = matches_of(evaluation), least_images(confidence)
    holding, share = images_with_objects(classes), f"{100 * confidence:g} %"
    if 0 < holding < least:
        held = "1 image holds" if holding == 1 else f"{holding} images hold"
        return [f"There are no intervals: {held} objects, and {share} takes at least {least} that do."]
    by_class = zip(evaluation.classes, classes, strict=True)
    rare = [name for name, matches in by_class if 0 < images_with_objects([matches]) < least]
    if not rare:
        return []
    more = f" and {len(rare) - _NAMED} more" if len(rare) > _NAMED else ""
    return [
        f"In too few images for an interval of their own (fewer than {least}): {', '.join(rare[:_NAMED])}{more}. "
        "Resamples without such a class average the others alone."
    ]


def draws_of(images: int, *, resamples: int, seed: int) -> NDArray[np.int32]:
    """Draw as many images as there are, with replacement, again and again: how often each was drawn (R,I)."""
    rng = np.random.default_rng(seed)
    drawn = [np.bincount(rng.integers(images, size=images), minlength=images) for _ in range(resamples)]
    return np.array(drawn, dtype=np.int32).reshape(resamples, images)


def resampled(classes: Sequence[Matches], draws_ri: NDArray[np.int32]) -> NDArray[np.float64]:
    """Give AP over classes at each threshold (R,T); NaN in a draw without any object, whatever was detected."""
    if not classes:
        return np.full((len(draws_ri), 1), np.nan)
    return mean_over_classes([precisions(matches, draws_ri) for matches in classes])


def mean_over_classes(by_class: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Average what `precisions` gave for each class (R,T) over those that have objects in a draw."""
    total_rt = sum(np.nan_to_num(values_rt) for values_rt in by_class)
    defined_rt = sum(~np.isnan(values_rt) for values_rt in by_class)
    with np.errstate(invalid="ignore"):
        return np.asarray(total_rt / defined_rt)


def precisions(matches: Matches, draws_ri: NDArray[np.int32]) -> NDArray[np.float64]:
    """Give AP at each IoU threshold for each draw (R,T), NaN without objects. Each image drawn once gives COCO's AP."""
    values_rt = np.full((len(draws_ri), len(matches.hits_td)), np.nan)
    weighing_d = matches.counted_td.any(axis=0)
    image_d = matches.image_d[weighing_d]
    hits_td, counted_td = matches.hits_td[:, weighing_d], matches.counted_td[:, weighing_d]
    holding_i = np.flatnonzero(matches.objects_i)
    for rows in _chunks(len(draws_ri), len(image_d)):
        objects_r = draws_ri[rows][:, holding_i] @ matches.objects_i[holding_i]
        found_rt = _precisions(hits_td, counted_td, draws_ri[rows][:, image_d], objects_r)
        values_rt[rows] = np.where(objects_r[:, None] > 0, found_rt, np.nan)
    return values_rt


def _chunks(count: int, width: int) -> Iterator[slice]:
    size = max(1, _CHUNK // max(width, 1))
    return (slice(first, first + size) for first in range(0, count, size))


def _precisions(
    hits_td: NDArray[np.bool_],
    counted_td: NDArray[np.bool_],
    weights_rd: NDArray[np.int32],
    objects_r: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Average the precision at 101 recalls, each the best one from there on, as COCO does."""
    values_rt = np.zeros((len(weights_rd), len(hits_td)))
    reached, offset_r = _reached(objects_r)
    seen_rd = weights_rd
    for t, (hits_d, counts_d) in enumerate(zip(hits_td, counted_td, strict=True)):
        known = t > 0 and np.array_equal(counted_td[t - 1], counts_d)
        if known and np.array_equal(hits_td[t - 1], hits_d):
            values_rt[:, t] = values_rt[:, t - 1]
            continue
        if not known:
            seen_rd = np.cumsum(weights_rd if counts_d.all() else weights_rd * counts_d, axis=1, dtype=np.int32)
        at_g = np.flatnonzero(hits_d & counts_d)
        if not len(at_g):
            continue
        hits_rg = np.cumsum(weights_rd[:, at_g], axis=1, dtype=np.int32)
        precision_rg = hits_rg / np.maximum(seen_rd[:, at_g], 1)
        best_rg = np.maximum.accumulate(precision_rg[:, ::-1], axis=1)[:, ::-1]
        recalls_rg = np.diff(reached[offset_r[:, None] + hits_rg], axis=1, prepend=0)
        values_rt[:, t] = np.einsum("rg,rg->r", best_rg, recalls_rg) / len(_RECALLS)
    return values_rt


def _reached(objects_r: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tabulate how many of the 101 recalls a number of hits reaches: all tables, and where each draw's begins."""
    sizes, table_r = np.unique(objects_r, return_inverse=True)
    tables = [np.searchsorted(_RECALLS, np.arange(size + 1) / max(size, 1), side="right") for size in sizes.tolist()]
    for table in tables:
        table[0] = 0  # without a hit not even a recall of 0 has a precision
    starts = np.cumsum([0, *(len(table) for table in tables)])[:-1]
    return np.concatenate(tables), starts[table_r]


def _interval(drawn: Sequence[NDArray[np.float64]], classes: Sequence[Matches], confidence: float) -> Interval:
    if images_with_objects(classes) < least_images(confidence):
        return None
    return middle_of(mean_over_classes(drawn).mean(axis=1), confidence)


def middle_of(values: NDArray[np.float64], confidence: float) -> Interval:
    """Give the bounds between which that share of the defined values lies; None without any."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(defined, [tail, 1.0 - tail])
    return [float(low), float(high)]
