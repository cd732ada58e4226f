"""COCO average precision of boxes, masks and boundaries, with what is undefined as None.

Truth and results must have passed the strict readers of `rehead.coco` first: evaluators crash or lie on others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation import fast_map, reference
from rehead.evaluation.boundary import at_boundaries
from rehead.evaluation.candidates import Candidates, candidates
from rehead.evaluation.matches import Evaluation

METRICS = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")
HEADS = {"box": "bbox", "mask": "segmentation", "boundary": "segmentation"}
"""Head -> the field of a result that it scores."""

Evaluator = Literal["fast", "reference"]
Metrics = dict[str, float | None]
_UNMEASURED: Metrics = dict.fromkeys(METRICS)


@dataclass(frozen=True)
class Scores:
    """The twelve COCO numbers of boxes, masks and boundaries, 0..1 (None: undefined), and each class by itself."""

    box: Metrics
    mask: Metrics
    boundary: Metrics
    per_class: dict[str, dict[str, float | int | None]]

    def as_dict(self) -> dict[str, Any]:
        """Give the scores as they stand in reports/evaluation.json."""
        return {"box": self.box, "mask": self.mask, "boundary": self.boundary, "per_class": self.per_class}


def coco_map(
    truth: dict[str, Any],
    results: Sequence[dict[str, Any]],
    *,
    max_detections: int = 100,
    heads: Iterable[str] = tuple(HEADS),
    by: Evaluator = "fast",
) -> Scores:
    """Score COCO results against COCO truth, by some heads or all; the numbers of the others are None.

    `max_detections` best results of an image and class count for AP and for the last recall (COCO calls it AR100).
    Areas follow COCO: small up to 32x32 pixels, large from 96x96. A number is None where there is no object to find,
    and where the results lack what a head scores.
    """
    known = sorted({*heads} & {*measurable_heads(results)})
    return scores_of(truth, evaluate_heads(truth, results, max_detections=max_detections, heads=known, by=by))


def measurable_heads(results: Sequence[dict[str, Any]]) -> list[str]:
    """Name the heads whose field the results have; all where there are no results, which score 0."""
    return [head for head, field in HEADS.items() if not results or any(field in result for result in results)]


def scores_of(truth: dict[str, Any], evaluations: Mapping[str, Evaluation]) -> Scores:
    """Reduce what `evaluate_heads` returned to the numbers that COCO reports."""
    numbers = {head: summary_of(evaluations[head]) if head in evaluations else _UNMEASURED for head in HEADS}
    return Scores(**numbers, per_class=_per_class(truth, evaluations))


def evaluate_heads(
    truth: dict[str, Any],
    results: Sequence[dict[str, Any]],
    *,
    max_detections: int,
    heads: Iterable[str] = tuple(HEADS),
    by: Evaluator = "fast",
) -> dict[str, Evaluation]:
    """Match results with truth for each head, by the fast evaluator or by pycocotools, the reference."""
    return {head: _evaluation(truth, results, head, max_detections, by) for head in heads}


def evaluator(by: Evaluator) -> str:
    """Name an evaluator with its version."""
    library = {"fast": "hotcoco", "reference": "pycocotools"}[by]
    return f"{library} {version(library)}"


def _evaluation(
    truth: dict[str, Any], results: Sequence[dict[str, Any]], head: str, max_detections: int, by: Evaluator
) -> Evaluation:
    @cache
    def found() -> Candidates:
        pairs = candidates(truth, results, HEADS[head], max_detections=max_detections)
        return at_boundaries(pairs, truth, results) if head == "boundary" else pairs

    limits = (1, min(10, max_detections), max_detections)
    if by == "fast":
        precision, recall = fast_map.precision_recall(truth, results, head, limits=limits, candidates=found)
    else:
        precision, recall = reference.precision_recall(truth, results, head, limits=limits)
    names = {category["id"]: category["name"] for category in truth["categories"]}
    return Evaluation(precision, recall, tuple(names[number] for number in sorted(names)), found)


def summary_of(evaluation: Evaluation, *, row: int | None = None) -> Metrics:
    """Reduce precision and recall to COCO's twelve means, over all classes or of the one in that row."""
    own = slice(None) if row is None else slice(row, row + 1)
    precision, recall = evaluation.precision_trkal[:, :, own], evaluation.recall_tkal[:, own]
    areas = {"s": 1, "m": 2, "l": 3}
    values = {
        "AP": precision[..., 0, 2],
        "AP50": precision[0, :, :, 0, 2],
        "AP75": precision[5, :, :, 0, 2],
        **{f"AP{size}": precision[..., area, 2] for size, area in areas.items()},
        **{name: recall[..., 0, limit] for limit, name in enumerate(("AR1", "AR10", "AR100"))},
        **{f"AR{size}": recall[..., area, 2] for size, area in areas.items()},
    }
    return {name: mean_of_defined(values[name]) for name in METRICS}


def full_table(evaluations: Mapping[str, Evaluation]) -> dict[str, dict[str, Metrics]]:
    """Give all twelve numbers of each class and head."""
    names = next(iter(evaluations.values())).classes if evaluations else ()
    return {
        name: {head: summary_of(evaluation, row=row) for head, evaluation in evaluations.items()}
        for row, name in enumerate(names)
    }


def mean_of_defined(values: NDArray[np.float64]) -> float | None:
    """Average what evaluators do not mark as undefined (-1); None if nothing is left."""
    defined = values[values > -1]
    return float(np.mean(defined)) if defined.size else None


def _per_class(
    truth: dict[str, Any], evaluations: Mapping[str, Evaluation]
) -> dict[str, dict[str, float | int | None]]:
    """Count each class's objects, and give the few numbers of it that fit into one line."""
    names = {category["id"]: category["name"] for category in sorted(truth["categories"], key=lambda one: one["id"])}
    table: dict[str, dict[str, float | int | None]] = {name: {"annotations": 0} for name in names.values()}
    for annotation in truth["annotations"]:
        if not annotation["iscrowd"]:
            table[names[annotation["category_id"]]]["annotations"] += 1  # type: ignore[operator]
    for name, heads in full_table(evaluations).items():
        for head, numbers in heads.items():
            shown = ("AP",) if head == "boundary" else ("AP", "AP50")
            table[name] |= {f"{head}_{metric}": numbers[metric] for metric in shown}
    return table
