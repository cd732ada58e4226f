"""What average precision each kind of error costs, after TIDE (Bolya et al. 2020, arXiv 2008.08115)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rehead.evaluation.analysis.faults import CLASS, KINDS, LOCALISATION, MISSED, RIGHT, Faults, counts_of, faults_in
from rehead.evaluation.analysis.judged import Judged
from rehead.evaluation.curves import curve_of


def error_types(judged: Judged) -> dict[str, Any]:
    """Count each type of error and give its cost: the AP50 gained if that type alone were mended.

    The types are those of `rehead.evaluation.analysis.faults`. All detections that AP sees are counted ("count"),
    however low their score; "shown" counts what is wrong with those at or above the score of their class, as a user
    meets it, and so does `per_class`. `AP50` is the mean over classes; it and the costs are None where no class has an
    object. Costs do not add up to 1 - AP50, since one mended error can hide another.
    """
    faults, shown = faults_in(judged), faults_in(judged, shown_only=True)
    keys = list(judged.names)
    now, counts, seen = average_precision(faults, keys), counts_of(faults, keys), counts_of(shown, keys)
    costs = {kind: None if now is None else _gain(mended(faults, kind), keys, now) for kind in range(len(KINDS))}
    return {
        "AP50": now,
        "types": {
            name: {"count": counts[name], "shown": seen[name], "cost": costs[kind]} for kind, name in enumerate(KINDS)
        },
        "per_class": {name: counts_of(shown, [key]) for key, name in judged.names.items()},
    }


def mended(faults: Faults, kind: int) -> Faults:
    """Mend one kind of error as the paper's oracle does.

    A class or localisation error becomes the hit that it should have been, with its score: of those that mean one
    object the best, if nothing else found it; the rest are removed, as are errors of any other kind. Missed objects
    are no longer asked for. In the authors' program a class and a localisation error that mean one object compete for
    it, whichever is mended; here nothing but the kind in hand is touched.
    """
    if kind == MISSED:
        return replace(faults, asked_m=~faults.missed_m)
    saved_n = np.zeros(len(faults.kind_n), dtype=np.bool_)
    if kind in (CLASS, LOCALISATION):
        candidates = np.nonzero(faults.kind_n == kind)[0]
        candidates = candidates[~faults.found_m[faults.target_n[candidates]]]
        # An image's detections stand best first, so the first that means an object is the best.
        saved_n[candidates[np.unique(faults.target_n[candidates], return_index=True)[1]]] = True
    classes_n = faults.classes_n.copy()
    classes_n[saved_n] = faults.classes_m[faults.target_n[saved_n]]
    kept_n = (faults.kind_n != kind) | saved_n
    return replace(
        faults,
        kind_n=np.where(saved_n, RIGHT, faults.kind_n)[kept_n],
        target_n=faults.target_n[kept_n],
        scores_n=faults.scores_n[kept_n],
        classes_n=classes_n[kept_n],
    )


def average_precision(faults: Faults, categories: Sequence[int]) -> float | None:
    """Give AP50 over the classes that have objects, None if none has.

    A class whose objects were all missed, and are no longer asked for, is perfect if nothing false is left of it: what
    AP tends to as fewer and fewer are found. The paper's program leaves such a class out.
    """
    values = []
    for category in categories:
        own_n, own_m = faults.classes_n == category, faults.classes_m == category
        objects = int((own_m & faults.asked_m).sum())
        if objects:
            order = np.argsort(-faults.scores_n[own_n], kind="stable")
            right_1d = faults.kind_n[None, own_n][:, order] == RIGHT
            values.append(curve_of(right_1d, np.ones_like(right_1d), objects=objects)[0].mean())
        elif own_m.any():
            values.append(float(not own_n.any()))
    return float(np.mean(values)) if values else None


def _gain(faults: Faults, categories: Sequence[int], before: float) -> float:
    after = average_precision(faults, categories)
    assert after is not None, "mending takes no class away"
    return after - before
