"""A finished evaluation as it stands in reports/evaluation.json."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rehead.evaluation.coco_map import evaluator, scores_of
from rehead.evaluation.plan import EvaluationPlan
from rehead.evaluation.uncertainty import doubts, draws_of, intervals
from rehead.evaluation.undefined import reasons


def evaluation_report(
    truth: dict[str, Any],
    evaluations: Mapping[str, Any],
    plan: EvaluationPlan,
    *,
    max_detections: int,
    dataset: Mapping[str, Any],
) -> dict[str, Any]:
    """Say what `evaluate_heads` found in a split, how sure the numbers are, and what `dataset` was scored."""
    draws_ri = draws_of(len(truth["images"]), resamples=plan.resamples, seed=plan.seed)
    objects = Counter(one["image_id"] for one in truth["annotations"] if not one["iscrowd"])
    scores = scores_of(truth, evaluations)
    return scores.as_dict() | {
        "undefined": reasons(truth, scores),
        "intervals": intervals(evaluations, draws_ri, confidence=plan.confidence)
        | {
            "doubts": doubts(evaluations["mask"], resamples=plan.resamples, confidence=plan.confidence),
            "confidence": plan.confidence,
            "resamples": plan.resamples,
        },
        "dataset": dict(dataset) | {"crowd_regions": sum(bool(a["iscrowd"]) for a in truth["annotations"])},
        "max_detections": max_detections,
        "images_above_max_detections": sorted(image for image, count in objects.items() if count > max_detections),
        "evaluator": evaluator("fast"),
    }
