"""A finished evaluation as it stands in reports/evaluation.json."""

from importlib.metadata import version
from typing import Any

from rehead.coco.plan import TilePlan
from rehead.dataset.split import Split
from rehead.evaluation.coco_map import evaluate_heads, scores_of
from rehead.evaluation.plan import EvaluationPlan
from rehead.evaluation.uncertainty import intervals


def evaluation_report(
    split: Split,
    results: list[dict[str, Any]],
    plan: EvaluationPlan,
    *,
    max_detections: int,
    weights_sha256: str,
    tile: TilePlan | None = None,
) -> dict[str, Any]:
    """Score a split's results and say what was scored, by what, and how sure the numbers are."""
    evaluations = evaluate_heads(split.truth, results, max_detections=max_detections)
    scores = scores_of(split.truth, evaluations)
    spread = intervals(
        evaluations,
        images=len(split),
        resamples=plan.resamples,
        confidence=plan.confidence,
        seed=plan.seed,
    )
    crowded = [r.id for r in split.images if len(split.annotations.get(r.id, [])) > max_detections]
    return scores.as_dict() | {
        "intervals": spread | {"confidence": plan.confidence, "resamples": plan.resamples},
        "dataset": split.description | {"crowd_regions": sum(bool(a["iscrowd"]) for a in split.truth["annotations"])},
        "max_detections": max_detections,
        "tile": None if tile is None else tile.model_dump(),
        "images_above_max_detections": crowded,
        "detections": len(results),
        "weights_sha256": weights_sha256,
        "evaluator": f"pycocotools {version('pycocotools')}",
    }
