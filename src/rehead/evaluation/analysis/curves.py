"""How precision falls as recall grows, and how both move with the score from which detections are shown.

Shapes: N detections of all images, D of one class, T IoU thresholds, R = 101 recalls 0, 0.01 .. 1, P scores.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.judged import Judged
from rehead.evaluation.analysis.outcomes import AT_50, AT_75, Outcomes
from rehead.evaluation.curves import RECALLS, curve_of

_POINTS = 101

Floats = NDArray[np.float64]


def class_precision(outcomes: Outcomes, category: int) -> Floats | None:
    """Give COCO's precision (T x R) of a class, 0 where recall does not reach; None without objects."""
    own, objects = _best_first(outcomes, category), outcomes.objects(category)
    if not objects:
        return None
    return curve_of(outcomes.hits_tn[:, own], outcomes.counted_tn[:, own], objects=objects)[0]


def recall_curves(judged: Judged) -> dict[str, Any]:
    """Give for each class, by name in "classes", and for their mean as COCO takes it ("all") what such a chart shows.

    `precision50` and `precision75` hold the precision at the 101 recalls by matching at IoU 0.5 and 0.75, `score50` the
    score from which detections are taken at IoU 0.5, None out of reach. All three are None for a class without objects.
    """
    drawn = {name: _class_lines(judged.outcomes, key) for key, name in judged.names.items()}
    known = [lines for lines in drawn.values() if lines is not None]
    return {
        "all": _told(_mean_of_known(np.array(known)) if known else None),
        "classes": {name: _told(lines) for name, lines in drawn.items()},
    }


def score_curves(judged: Judged) -> dict[str, Any]:
    """Give for each class ("classes"), and for their mean ("all"), precision, recall and F1 of what is shown by score.

    Scores are 101 from 0 to 1, or as far as scores reach where a tool's leave that range. Precision is None where
    nothing is shown, all three where the class has no object.
    """
    scores_n = judged.outcomes.scores_n
    low, high = min(scores_n, default=0.0), max(scores_n, default=1.0)
    # rounded, so that a detection that scores 0.7 is shown from 0.7 on
    score_p = np.linspace(min(low, 0.0), max(high, 1.0), _POINTS).round(6)
    drawn = {name: _shares(judged.outcomes, key, score_p) for key, name in judged.names.items()}

    def told(lines: Floats) -> dict[str, Floats]:
        return {"score": score_p, **dict(zip(("precision", "recall", "f1"), lines, strict=True))}

    return {
        "all": told(_mean_of_known(np.array(list(drawn.values())))),
        "classes": {name: told(lines) for name, lines in drawn.items()},
    }


def _told(lines: Floats | None) -> dict[str, Floats | None]:
    keys = ("precision50", "precision75", "score50")
    return dict.fromkeys(keys) if lines is None else dict(zip(keys, lines, strict=True))


def _class_lines(outcomes: Outcomes, category: int) -> Floats | None:
    """Stack the precision (R) at IoU 0.5 and 0.75 and the score (R) at 0.5."""
    precision_tr = class_precision(outcomes, category)
    if precision_tr is None:
        return None
    own = _best_first(outcomes, category)
    recall_d = np.cumsum(outcomes.hits_tn[AT_50, own]) / outcomes.objects(category)
    score_r = np.append(outcomes.scores_n[own], np.nan)[np.searchsorted(recall_d, RECALLS, side="left")]
    return np.array([precision_tr[AT_50], precision_tr[AT_75], score_r])


def _shares(outcomes: Outcomes, category: int, score_p: Floats) -> Floats:
    """Stack precision, recall and F1 (P) of a class; NaN where undefined."""
    objects = outcomes.objects(category)
    if not objects:
        return np.full((3, len(score_p)), np.nan)
    own_n = (outcomes.classes_n == category) & outcomes.counted_tn[AT_50]
    shown_p, found_p = (
        np.sum(outcomes.scores_n[chosen_n, None] >= score_p, axis=0)
        for chosen_n in (own_n, own_n & outcomes.hits_tn[AT_50])
    )
    with np.errstate(invalid="ignore"):
        return np.array([found_p / shown_p, found_p / objects, 2 * found_p / (shown_p + objects)])


def _best_first(outcomes: Outcomes, category: int) -> NDArray[np.intp]:
    """List a class's detections over all images; of equal scores those of the first image come first."""
    own = np.nonzero(outcomes.classes_n == category)[0]
    return own[np.argsort(-outcomes.scores_n[own], kind="stable")]


def _mean_of_known(values: Floats) -> Floats:
    """Average over the first axis what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0))
