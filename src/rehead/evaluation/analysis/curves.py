"""How precision falls as recall grows, and how both move with the score from which detections are shown.

Shapes: N detections, R = 101 recalls 0, 0.01 .. 1.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.judged import Judged
from rehead.evaluation.analysis.matching import Outcomes

RECALLS = np.linspace(0.0, 1.0, 101)
_POINTS = 101

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """Precision at each recall (R), 0 where recall does not reach; the score there, NaN where it does not."""

    precision_r: Floats
    score_r: Floats

    @property
    def ap(self) -> float:
        """Give COCO's average precision at one IoU threshold."""
        return float(self.precision_r.mean())


def curve_of(scores_n: Floats, hits_n: NDArray[np.bool_], *, objects: int) -> Curve | None:
    """Draw COCO's curve from the detections of one class that count, in any order; None without objects.

    Precision at a recall is the best that this or any higher recall has; of equal scores the first come first.
    """
    if objects == 0:
        return None
    order = np.argsort(-scores_n, kind="stable")
    found_n = np.cumsum(hits_n[order])
    best_n = np.maximum.accumulate((found_n / np.arange(1, len(order) + 1))[::-1])[::-1]
    at = np.searchsorted(found_n / objects, RECALLS, side="left")
    reached = at < len(order)
    precision_r, score_r = np.zeros(len(RECALLS)), np.full(len(RECALLS), np.nan)
    precision_r[reached], score_r[reached] = best_n[at[reached]], scores_n[order][at[reached]]
    return Curve(precision_r, score_r)


def class_curve(outcomes: Outcomes, category: int, *, group: int = 0, step: int = 0) -> Curve | None:
    """Draw the curve of a class in one set of objects and at one threshold, by their places."""
    own_n = (outcomes.classes_n == category) & outcomes.counted_stn[group, step]
    objects = int(outcomes.objects[category][group])
    return curve_of(outcomes.scores_n[own_n], outcomes.hits_stn[group, step, own_n], objects=objects)


def recall_curves(judged: Judged) -> dict[str, Any]:
    """Give for each class, and for "all", their mean as COCO takes it, what a precision-recall chart shows.

    `precision50` and `precision75` hold the precision at the 101 recalls by matching at IoU 0.5 and 0.75, `score50` the
    score from which detections are taken at IoU 0.5; None for a class without objects.
    """
    drawn = {
        name: [class_curve(judged.outcomes, key, step=step) for step in (0, 1)] for key, name in judged.names.items()
    }
    known = [(low, high) for low, high in drawn.values() if low is not None and high is not None]
    parts = {name: _as_lists(*pair) for name, pair in drawn.items()}
    if not known:
        return parts | {"all": _as_lists(None, None)}
    low, high = (
        Curve(np.mean([c.precision_r for c in side], axis=0), _mean_of_known(np.array([c.score_r for c in side])))
        for side in zip(*known, strict=True)
    )
    return parts | {"all": _as_lists(low, high)}


def score_curves(judged: Judged) -> dict[str, Any]:
    """Give for each class, and their mean as "all", precision, recall and F1 of what is shown from each score on.

    Scores are 101 from 0 to 1, or as far as scores reach where a tool's leave that range. Precision is None where
    nothing is shown, all three where the class has no object.
    """
    outcomes = judged.outcomes
    low, high = min(outcomes.scores_n, default=0.0), max(outcomes.scores_n, default=1.0)
    # rounded, so that a detection that scores 0.7 is shown from 0.7 on
    grid = np.linspace(min(low, 0.0), max(high, 1.0), _POINTS).round(6)
    rows = {}
    for key, name in judged.names.items():
        own_n = (outcomes.classes_n == key) & outcomes.counted_stn[0, 0]
        hit_n, objects = outcomes.hits_stn[0, 0], int(outcomes.objects[key][0])
        shown_p = _at_least(outcomes.scores_n[own_n], grid)
        found_p = _at_least(outcomes.scores_n[own_n & hit_n], grid)
        with np.errstate(invalid="ignore"):
            rows[name] = np.array([found_p / shown_p, found_p / objects, 2 * found_p / (shown_p + objects)])
        if not objects:
            rows[name][:] = np.nan
    rows["all"] = _mean_of_known(np.array(list(rows.values())).reshape(-1, 3, _POINTS))
    return {
        name: {"score": grid, "precision": precision_p, "recall": recall_p, "f1": f1_p}
        for name, (precision_p, recall_p, f1_p) in rows.items()
    }


def _at_least(scores_n: Floats, grid: Floats) -> Floats:
    return (len(scores_n) - np.searchsorted(np.sort(scores_n), grid, side="left")).astype(float)


def _mean_of_known(values: Floats) -> Floats:
    """Average over the first axis what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)


def _as_lists(low: Curve | None, high: Curve | None) -> dict[str, Floats | None]:
    if low is None or high is None:
        return {"precision50": None, "precision75": None, "score50": None}
    return {"precision50": low.precision_r, "precision75": high.precision_r, "score50": low.score_r}
