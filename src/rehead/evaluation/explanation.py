"""Why a model scores what it scores: everything that stands in reports/analysis.json."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rehead.dataset.split import Split
from rehead.detector.build import Detector
from rehead.evaluation.analysis.report import analyse
from rehead.evaluation.bottleneck import bottleneck
from rehead.evaluation.by_iou import by_iou
from rehead.evaluation.coco_map import full_table
from rehead.evaluation.evidence import Recipe
from rehead.evaluation.matches import Evaluation
from rehead.evaluation.true_boxes import ceilings_of, predict_true_boxes
from rehead.evaluation.undefined import class_reasons
from rehead.progress import progress
from rehead.training.plan import TrainPlan


def explain(
    detector: Detector,
    split: Split,
    results: Sequence[dict[str, Any]],
    evaluations: Mapping[str, Evaluation],
    *,
    scored: Mapping[str, Any],
    trained_by: TrainPlan,
    trained_on: Split,
    one_look: float | None = None,
) -> dict[str, Any]:
    """Analyse a detector's results on a split; `scored` is its evaluation.json, `evaluations` what that rests on.
    Where that is of several views, `one_look` is the mask AP of one.

    Looks at every image once more, to see what the mask head makes of the true boxes. Raises FloatingPointError if its
    masks are not finite.
    """
    limit = detector.plan.max_detections
    thresholds = {name: one["score"] for name, one in scored["thresholds"]["classes"].items()}
    with progress("true boxes", len(split)) as bar:
        true_boxes = predict_true_boxes(detector, split, on_image=bar.advance)
    ceilings = ceilings_of(detector, split)
    per_class = full_table(evaluations)
    analysis = {
        "dataset": split.description,
        "per_class": per_class,
        "undefined": class_reasons(split.truth, per_class, key="per_class"),
        **analyse(split.truth, results, thresholds=thresholds, max_detections=limit),
        "by_iou": by_iou(evaluations, true_boxes=true_boxes, ceilings=ceilings),
    }
    recipe = Recipe(detector.plan, trained_by, objects_by_class(trained_on), detector.tile)
    told = bottleneck(
        scored, analysis, split.truth, recipe, one_look=one_look, true_boxes=true_boxes, ceilings=ceilings
    )
    return analysis | {"bottleneck": told}


def objects_by_class(split: Split) -> dict[str, int]:
    """Count a split's objects of each class by name, 0 where it has none; crowd regions are none."""
    held = Counter(one["category_id"] for one in split.truth["annotations"] if not one["iscrowd"])
    return {name: held[number] for number, name in enumerate(split.classes, start=1)}
