"""AP over the IoU that counts as a match. It needs no network, so whoever scores results alone loads none."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rehead.evaluation.coco_map import mean_of_defined
from rehead.evaluation.fidelity import THRESHOLDS
from rehead.evaluation.matches import Evaluation

if TYPE_CHECKING:
    from rehead.evaluation.ceiling import Ceilings
    from rehead.evaluation.true_boxes import TrueBoxes


def by_iou(
    evaluations: Mapping[str, Evaluation], *, true_boxes: "TrueBoxes | None" = None, ceilings: "Ceilings | None" = None
) -> dict[str, Any]:
    """Give AP at each IoU threshold of every head, of masks in true boxes, and of a perfect mask head.

    `evaluations` is what `evaluate_heads` returned; the first of `ceilings` is that of the model's own masks. What is
    undefined or not measured is None.
    """
    heads = {
        head: [mean_of_defined(precision_rkal[:, :, 0, 2]) for precision_rkal in evaluation.precision_trkal]
        for head, evaluation in evaluations.items()
    }
    return {
        "iou": [round(float(iou), 2) for iou in THRESHOLDS],
        **heads,
        "mask_true_boxes": list(true_boxes.mask_by_iou) or None if true_boxes else None,
        "mask_ceiling": list(ceilings.by_resolution[0].mask_by_iou) or None if ceilings else None,
    }
