"""The error analysis of a split as it stands in reports/analysis.json."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rehead.evaluation.analysis.areas import areas
from rehead.evaluation.analysis.calibration import calibration
from rehead.evaluation.analysis.confusion import confusion
from rehead.evaluation.analysis.counting import counting
from rehead.evaluation.analysis.curves import recall_curves, score_curves
from rehead.evaluation.analysis.error_types import error_types
from rehead.evaluation.analysis.groups import groups
from rehead.evaluation.analysis.judged import heads_of, judge, names_of
from rehead.evaluation.analysis.label_errors import label_errors
from rehead.evaluation.analysis.pairs import ENOUGH, Entry
from rehead.evaluation.analysis.ranking import images_ranked

THRESHOLD = 0.5
"""Score from which detections of a class are shown that no threshold was chosen for."""
_DIGITS = 6


def analyse(
    truth: Entry, results: Sequence[Entry], *, thresholds: Mapping[str, float], max_detections: int
) -> dict[str, Any]:
    """Say what a detector gets wrong on a split, what that costs, and which images and labels to look at.

    `truth` and `results` must have passed the strict readers of `rehead.coco`; `thresholds` gives the score from which
    detections of a class are shown, by its name. Raises ValueError for a threshold of an unknown class. What comes
    back is ready for JSON, None where undefined; each part is described by the function of its name: `curves` by
    `recall_curves`, `errors` by `error_types`, `images` and `rankings` by `images_ranked`, `strong_label_errors` by
    `label_errors`. All but `curves` and `errors` are about masks at IoU 0.5, of results without masks about boxes;
    `areas` and `groups` are None then.
    """
    least = _by_category(thresholds, names_of(truth))
    by_head = judge(truth, results, heads=heads_of(results), least=least, max_detections=max_detections)
    judged = list(by_head.values())[-1]
    masks = judged.head == "mask"
    parts = {
        "iou": ENOUGH,
        "thresholds": {judged.names[key]: score for key, score in least.items()},
        "curves": {head: recall_curves(one) for head, one in by_head.items()},
        "score_curves": score_curves(judged),
        "confusion": confusion(judged),
        "errors": {head: error_types(one) for head, one in by_head.items()},
        "calibration": calibration(judged.outcomes),
        "counting": counting(judged),
        "areas": areas(judged) if masks else None,
        "groups": groups(judged) if masks else None,
        **images_ranked(judged),
        **label_errors(judged),
    }
    # A rounded threshold would show other detections.
    return {name: part if name == "thresholds" else _plain(part) for name, part in parts.items()}


def _by_category(thresholds: Mapping[str, float], names: Mapping[int, str]) -> dict[int, float]:
    unknown = sorted(set(thresholds) - set(names.values()))
    if unknown:
        raise ValueError(f"thresholds: {unknown[0]!r} is no class of the truth; name one of {sorted(names.values())}")
    return {key: float(thresholds.get(name, THRESHOLD)) for key, name in names.items()}


def _plain(value: Any) -> Any:
    """Turn numpy's values into JSON's: floats to six digits, None for what is no number."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return round(value, _DIGITS) if math.isfinite(value) else None
    return value
