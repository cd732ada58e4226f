"""Labels that are likely wrong, most likely first."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from rehead.evaluation.analysis.calibration import bins_of, chances
from rehead.evaluation.analysis.doubts import Case, Doubt, doubts_about
from rehead.evaluation.analysis.habits import habits_of
from rehead.evaluation.analysis.judged import Judged
from rehead.evaluation.analysis.pairs import FIELDS

MOST = 50
_SURE = 0.5
_STRONG = 0.8
"""Strength from which on a label error is very likely."""


def label_errors(judged: Judged) -> dict[str, Any]:
    """List up to fifty likely label errors, the strongest first; count all that are very likely, listed or not.

    A detection speaks against labels if a user sees it and at least half of those with such a score are right; that
    share is its trust.

    - missing label: it lies where nothing is labelled. Strength: its trust.
    - wrong class: it overlaps an object of another class by IoU 0.5 or more. Strength: its trust, times what the best
      detection with the label's class lacks of trust.
    - bad outline: it overlaps an object of its own class by less than 0.8 of the class's usual IoU, and none does
      better. Strength: its trust, times the share of the usual that is lacking.
    - spurious label: an object that no detection touches, though at least 9 in 10 of its class and size are found.
      Strength: that share, with one found and one missed added.
    """
    doubts = [doubt for case in _cases(judged) for doubt in doubts_about(case)]
    doubts.sort(key=lambda one: (-one.strength, -one.found["score"] if one.found else 0.0, one.image["id"]))
    return {
        "label_errors": [_entry(rank, one, judged.names) for rank, one in enumerate(doubts[:MOST], start=1)],
        "strong_label_errors": sum(one.strength >= _STRONG for one in doubts),
    }


def _cases(judged: Judged) -> Iterator[Case]:
    habits, chance = habits_of(judged), chances(judged.outcomes)
    for picture, matching, shown_d in judged:
        iou_da, trust_d = picture.iou_da(judged.head), chance[bins_of(picture.scores_d)]
        own_da = np.where(picture.same_da & ~picture.crowd_a, iou_da, 0.0)
        sure_d = shown_d & matching.counted_d & (trust_d >= _SURE)
        yield Case(picture, iou_da, own_da, trust_d, sure_d, FIELDS[judged.head], judged.names, habits)


def _entry(rank: int, doubt: Doubt, names: Mapping[int, str]) -> dict[str, Any]:
    label, found = doubt.annotation, doubt.found
    shown = label or found
    assert shown is not None, "a doubt is about something"
    return {
        "rank": rank,
        "image_id": doubt.image["id"],
        "file_name": doubt.image["file_name"],
        "kind": doubt.kind,
        "strength": doubt.strength,
        "class": names[label["category_id"]] if label else None,
        "predicted": names[found["category_id"]] if found else None,
        "score": found["score"] if found else None,
        "iou": doubt.iou,
        "bbox": list(shown["bbox"]),
        "annotation_id": label["id"] if label else None,
        "why": doubt.why,
    }
