"""reports/analysis.json into the rows of the report's tables. Whatever an analysis leaves out is left out here."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehead.reporting.rows import Facts

ERRORS = {
    "class": "The place is right, the class is wrong.",
    "localisation": "The class is right, the outline overlaps too little to count.",
    "both": "Wrong class and too little overlap.",
    "duplicate": "An object that was found already, found again.",
    "background": "Something found where there is no object.",
    "missed": "An object that no detection comes near.",
}
"""Kinds of error after Bolya et al. (2020), in words."""
GROUPS = {
    "size": ("Size", "By the side in pixels of a square with the object's area."),
    "crowding": ("Crowding", "By neighbours: other objects no farther away than the object is long."),
    "border": ("Border", "Whole objects, and those that the border of the image may cut off."),
}
UNCLAIMING = "claims no object"
"""Last row of a confusion matrix: detections beside what is labelled, and those of what another one claimed."""
_CONFUSIONS = 8
_MOST_CLASSES = 60
_LABEL_ERRORS = 100
_MOST_ROWS = 200


@dataclass(frozen=True)
class Cell:
    """How often one class was taken for another, and that as a share of its row; `right` on the diagonal."""

    count: int
    share: float
    right: bool

    @property
    def strength(self) -> float:
        """Say how strong a colour to give it, 0 to 1: mistakes are rare, and must be seen all the same."""
        return self.share if self.right else math.sqrt(self.share)


@dataclass(frozen=True)
class Confusion:
    """Rows of (true name, objects in all, cells), the predicted names, and the most frequent mistakes of all classes.

    Of more than 60 classes those with most mistakes are kept, in their own order.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[Cell, ...]], ...]
    worst: tuple[tuple[str, str, Cell], ...]
    left_out: int


@dataclass(frozen=True)
class ErrorRow:
    """One kind of error by head: how many are shown at the thresholds, the AP50 lost to it over all scores, and that
    loss as a share of the largest.
    """

    kind: str
    meaning: str
    heads: Mapping[str, tuple[int | None, float | None, float]]


def confusion_of(analysis: Facts) -> Confusion | None:
    """Name the matrix's last row (detections that claimed no object) and its last column (objects nothing claimed)."""
    found = analysis.get("confusion") or {}
    if not found.get("counts"):
        return None
    counts: list[list[int]] = found["counts"]
    truth, predicted = ([*map(str, found["classes"][:-1]), last] for last in (UNCLAIMING, "missed"))
    background, totals = len(counts) - 1, [sum(row) or 1 for row in counts]

    def cell(i: int, j: int) -> Cell:
        return Cell(counts[i][j], counts[i][j] / totals[i], i == j < background)

    mistakes = [(n, i, j) for i, row in enumerate(counts) for j, n in enumerate(row) if n and i != j]
    worst = sorted(mistakes, key=lambda one: -one[0])
    errors: Counter[int] = Counter()
    for n, i, j in mistakes:
        errors.update({i: n, j: n})
    most = sorted(range(background), key=lambda place: -errors[place])[:_MOST_CLASSES]
    shown = [*sorted(most), background]
    return Confusion(
        columns=tuple(predicted[j] for j in shown),
        rows=tuple((truth[i], totals[i], tuple(cell(i, j) for j in shown)) for i in shown),
        worst=tuple((truth[i], predicted[j], cell(i, j)) for _, i, j in worst[:_CONFUSIONS]),
        left_out=background + 1 - len(shown),
    )


def error_rows(analysis: Facts) -> list[ErrorRow]:
    """List the kinds of error, the costliest for masks first."""
    errors = analysis.get("errors") or {}
    kinds = {head: errors[head]["types"] for head in ("box", "mask") if errors.get(head)}
    costs = [facts.get("cost") or 0.0 for types in kinds.values() for facts in types.values()]
    largest = max([1e-9, *costs])
    rows = [
        ErrorRow(
            kind,
            meaning,
            {
                head: (
                    types[kind].get("shown"),
                    types[kind].get("cost"),
                    max(types[kind].get("cost") or 0.0, 0.0) / largest,
                )
                for head, types in kinds.items()
                if kind in types
            },
        )
        for kind, meaning in ERRORS.items()
    ]
    last = list(kinds)[-1:]
    return sorted((row for row in rows if row.heads), key=lambda row: -max(row.heads[h][2] for h in last or row.heads))


def group_tables(analysis: Facts) -> list[tuple[str, str, list[Facts]]]:
    """List the groups of objects as (title, meaning, rows); a group without objects has no row."""
    groups = analysis.get("groups") or {}
    tables = [(*GROUPS[key], [row for row in groups.get(key) or [] if row.get("objects")]) for key in GROUPS]
    return [table for table in tables if table[2]]


def per_class_errors(analysis: Facts) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Lay out the kinds of mask error by class: the kinds, and rows of a class and its counts, most errors first."""
    counts: Mapping[str, Any] = ((analysis.get("errors") or {}).get("mask") or {}).get("per_class") or {}
    kinds = [kind for kind in ERRORS if any(kind in one for one in counts.values())]
    rows = [(name, [int(one.get(kind) or 0) for kind in kinds]) for name, one in counts.items()]
    return kinds, sorted(rows, key=lambda row: -sum(row[1]))


def analysis_context(analysis: Facts, browser: Any | None) -> dict[str, Any]:
    """Gather what the sections about an analysis show."""
    per_class = analysis.get("per_class") or {}
    bottleneck = analysis.get("bottleneck") or {}
    shown = frozenset(browser.image_ids) if browser else frozenset()
    return {
        "bottleneck": bottleneck,
        "confusion": confusion_of(analysis),
        "unclaiming": UNCLAIMING,
        "errors": error_rows(analysis),
        "class_errors": per_class_errors(analysis),
        "groups_of_objects": group_tables(analysis),
        "counting": analysis.get("counting") or {},
        "areas": analysis.get("areas") or {},
        "calibration": analysis.get("calibration") or {},
        "label_errors": (analysis.get("label_errors") or [])[:_LABEL_ERRORS],
        "labels_doubted": _labels_doubted(bottleneck),
        "more_label_errors": len(analysis.get("label_errors") or []) - _LABEL_ERRORS,
        "shown_images": shown,
        "twelve_by_class": per_class if len(per_class) <= _MOST_ROWS else {},
        "undefined_by_class": analysis.get("undefined") or {},
        "augmentation": analysis.get("augmentation") or {},
        "browser": browser,
    }


def _labels_doubted(bottleneck: Facts) -> bool | None:
    """Say whether it is advised to mend labels (`rehead.evaluation.advice.mend_labels`), None where nobody asked."""
    advice = bottleneck.get("advice")
    return None if advice is None else any("likely label errors" in one["action"] for one in advice)
