"""The reference: precision and recall by pycocotools, whose numbers are COCO's.

Truth and results must have passed the strict readers of `rehead.coco` first: pycocotools crashes or lies on others.
"""

import contextlib
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as native
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from rehead.evaluation.boundary import boundary_of


class BoundaryEvaluation(COCOeval):
    """pycocotools' matching by the lesser of mask IoU and boundary IoU; of crowd regions the mask alone counts."""

    def computeIoU(self, imgId: int, catId: int) -> Any:  # noqa: N802, N803 - the name that pycocotools calls
        """Measure the overlaps of one image and class, detections by score down, times truths."""
        masks = super().computeIoU(imgId, catId)
        if not len(masks):
            return masks
        truths = self._gts[imgId, catId]
        found = sorted(self._dts[imgId, catId], key=lambda one: -one["score"])[: self.params.maxDets[-1]]
        crowds = [int(truth["iscrowd"]) for truth in truths]
        edges = native.iou(*([boundary_of(one["segmentation"]) for one in side] for side in (found, truths)), crowds)
        return np.where(crowds, masks, np.minimum(masks, edges))


_KINDS = {
    "box": ("bbox", "bbox", COCOeval),
    "mask": ("segm", "segmentation", COCOeval),
    "boundary": ("segm", "segmentation", BoundaryEvaluation),
}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what pycocotools prints from standard output, which is the user's."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@_quiet()
def evaluated(
    truth: dict[str, Any], results: Sequence[dict[str, Any]], head: str, *, limits: Sequence[int]
) -> COCOeval:
    """Match results with truth for one head.

    A head's results carry its own field alone: with a box in it, a mask's size would be the box's.
    """
    kind, field, by = _KINDS[head]
    own = [
        {key: result[key] for key in ("image_id", "category_id", "score", field)}
        for result in results
        if field in result
    ]
    known = _known(truth, truth["annotations"])
    evaluation = by(known, known.loadRes(own) if own else _known(truth, []), kind)
    evaluation.params.maxDets = list(limits)
    evaluation.evaluate()
    evaluation.accumulate()
    return evaluation


def precision_recall(
    truth: dict[str, Any], results: Sequence[dict[str, Any]], head: str, *, limits: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give precision TRKAL and recall TKAL as `curves` does."""
    found = evaluated(truth, results, head, limits=limits).eval
    return found["precision"], found["recall"]


def _known(truth: dict[str, Any], annotations: list[dict[str, Any]]) -> COCO:
    known = COCO()
    known.dataset = {"info": {}, **truth, "annotations": annotations}
    known.createIndex()
    return known
