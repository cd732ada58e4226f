"""A finished evaluation as it stands in reports/evaluation.json."""

from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from rehead.evaluation.coco_map import scores_of
from rehead.evaluation.plan import EvaluationPlan
from rehead.evaluation.uncertainty import class_intervals, intervals


def evaluation_report(
    truth: dict[str, Any],
    evaluations: Mapping[str, Any],
    plan: EvaluationPlan,
    *,
    max_detections: int,
    dataset: Mapping[str, Any],
) -> dict[str, Any]:
    """Say what `evaluate_heads` found in a split, how sure the numbers are, and what `dataset` was scored."""
    chance = {
        "images": len(truth["images"]),
        "resamples": plan.resamples,
        "confidence": plan.confidence,
        "seed": plan.seed,
    }
    scores, names = scores_of(truth, dict(evaluations)), [category["name"] for category in truth["categories"]]
    classes = dict(zip(names, class_intervals(evaluations["mask"], **chance), strict=True))
    objects = Counter(annotation["image_id"] for annotation in truth["annotations"])
    return scores.as_dict() | {
        "intervals": intervals(dict(evaluations), **chance)
        | {"per_class": classes, "confidence": plan.confidence, "resamples": plan.resamples},
        "dataset": dict(dataset) | {"crowd_regions": sum(bool(a["iscrowd"]) for a in truth["annotations"])},
        "max_detections": max_detections,
        "images_above_max_detections": sorted(image for image, count in objects.items() if count > max_detections),
        "evaluator": f"pycocotools {version('pycocotools')}",
    }
