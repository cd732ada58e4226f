"""From which score on an object counts as found: one threshold a class, chosen on the validation split.

Chosen on the test split, a threshold would flatter the very numbers that it is reported with. It stands midway between
the last score that is kept and the next one, so that a slightly other score changes nothing.

Shapes: D detections that count, best first; C cuts, one below each score that occurs; I images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.dataset.split import Split
from rehead.evaluation.plan import ThresholdRule
from rehead.evaluation.ranked import Ranked, joined, ranked_classes
from rehead.evaluation.uncertainty import draws_of

LEAST_OBJECTS = 20
"""Objects below which a class takes the threshold of all classes together.

Measured on drawn shapes, chosen on some images and judged by F1 on the others: with 3 to 19 objects a class's own is
0.006 to 0.020 worse than the common one, with 20 to 39 0.002 worse but mostly better, with 40 and more better.
"""
UNKNOWN = 0.5
"""The threshold where nothing tells one."""
_RESAMPLES, _MIDDLE = 200, (0.05, 0.95)


@dataclass(frozen=True)
class Threshold:
    """A score, what it reaches on the objects it rests on, and why it is not the one asked for, where it is not."""

    score: float
    precision: float | None
    recall: float | None
    f1: float | None
    objects: int
    interval: tuple[float, float] | None
    """Where nine in ten of the thresholds lie that resampled images would have chosen."""
    because: str | None


def thresholds_report(
    rule: ThresholdRule,
    *,
    validation: Split,
    found: Sequence[dict[str, Any]],
    test: Split,
    results: Sequence[dict[str, Any]],
    max_detections: int,
    seed: int = 0,
) -> dict[str, Any]:
    """Choose thresholds by what was `found` in the validation split, and say what they reach there and on test.

    The answer stands in reports/evaluation.json. `note` says where the thresholds or what they reach prove little.
    """
    of_splits = [
        ranked_classes(truth, of_split, max_detections=max_detections)
        for truth, of_split in ((validation.truth, found), (test.truth, results))
    ]
    chosen = choose_thresholds(of_splits[0], rule, images=len(validation), seed=seed)
    kept, held_out = ({name: one.above(chosen[name].score) for name, one in each.items()} for each in of_splits)
    return {
        "on": validation.name,
        "images": len(validation),
        "rule": rule,
        "note": None if isinstance(rule, float) else _note(chosen, validation, test),
        "all": joined(list(kept.values())).reached | {"test": joined(list(held_out.values())).reached},
        "classes": {name: asdict(one) | {"test": held_out[name].reached} for name, one in chosen.items()},
    }


def choose_thresholds(
    classes: Mapping[str, Ranked], rule: ThresholdRule, *, images: int, seed: int = 0
) -> dict[str, Threshold]:
    """Choose each class's threshold by what `ranked_classes` found in so many images.

    A class of few objects, or of which nothing was found, takes the threshold of all classes together. What a rule asks
    for and no score reaches is come near to.
    """
    if isinstance(rule, float):
        return {name: _threshold(own, rule) for name, own in classes.items()}
    draws_ri = draws_of(max(images, 1), resamples=_RESAMPLES, seed=seed)
    together = _choose(joined(list(classes.values())), rule, draws_ri)
    return {name: _borrow(own, together) or _choose(own, rule, draws_ri) for name, own in classes.items()}


def _note(chosen: Mapping[str, Threshold], validation: Split, test: Split) -> str | None:
    if not sum(one.objects for one in chosen.values()):
        return f"the {validation.name} split shows no object to choose by: every threshold is {UNKNOWN}"
    if validation.images == test.images:
        return "chosen on the images that they are reported for: new images will show less"
    return None


def _borrow(own: Ranked, together: Threshold) -> Threshold | None:
    """Give a class the threshold of all classes if it cannot choose by itself."""
    if own.objects >= LEAST_OBJECTS and own.hits_d.any():
        return None
    told = f"{own.objects} object{'s' if own.objects != 1 else ''} of it to choose by"
    if own.objects >= LEAST_OBJECTS:
        told += ", and none was found"
    because = f"{told}: the threshold of all classes together"
    return _threshold(own, together.score, together.interval, because)


def _choose(ranked: Ranked, rule: ThresholdRule, draws_ri: NDArray[np.int32]) -> Threshold:
    if not ranked.hits_d.any():
        return _threshold(ranked, UNKNOWN, because="nothing that is there was found")
    score = _best_score(ranked, rule, np.ones_like(ranked.objects_i))
    others = [_best_score(ranked, rule, weights_i) for weights_i in draws_ri]
    low, high = np.nanquantile(others, _MIDDLE).tolist()
    return _threshold(ranked, score, (low, high), _shortfall(rule, ranked.above(score).reached))


def _best_score(ranked: Ranked, rule: ThresholdRule, weights_i: NDArray[np.integer]) -> float:
    """Find the threshold that a rule asks for where each image counts so often; if several serve, the highest.

    NaN where those images show no hit.
    """
    drawn_d = weights_i[ranked.image_d] > 0
    if not ranked.hits_d[drawn_d].any():
        return float("nan")
    weights_d, scores_d = weights_i[ranked.image_d][drawn_d], ranked.scores_d[drawn_d]
    cuts_c = np.flatnonzero(np.append(np.diff(scores_d), -1.0))
    hits_c, kept_c = np.cumsum(weights_d * ranked.hits_d[drawn_d])[cuts_c], np.cumsum(weights_d)[cuts_c]
    objects = max(int(weights_i @ ranked.objects_i), 1)
    precision_c, recall_c = hits_c / kept_c, hits_c / objects
    match rule:
        case {"precision": least}:
            first_c, second_c = np.minimum(precision_c, least), recall_c
        case {"recall": least}:
            first_c, second_c = np.minimum(recall_c, least), precision_c
        case _:
            first_c, second_c = 2 * hits_c / (kept_c + objects), precision_c
    best = np.where(first_c == first_c.max(), second_c, -1.0).argmax()
    kept_score, next_score = np.append(scores_d[cuts_c], 0.0)[best : best + 2]
    return float((kept_score + next_score) / 2)


def _shortfall(rule: ThresholdRule, reached: Mapping[str, float | None]) -> str | None:
    """Say what a threshold reaches where it is less than was asked for."""
    asked = rule.items() if isinstance(rule, dict) else ()
    for name, least in asked:
        if (value := reached[name]) is not None and value < least:
            return f"no score reaches {name} {least:g}: the nearest, {value:.3f}"
    return None


def _threshold(
    ranked: Ranked, score: float, interval: tuple[float, float] | None = None, because: str | None = None
) -> Threshold:
    return Threshold(score, **ranked.above(score).reached, objects=ranked.objects, interval=interval, because=because)
