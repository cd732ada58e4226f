"""Boundary average precision: masks compared near their outlines, where a finer mask differs at all.

Boundary IoU (Cheng et al. 2021): of both masks only the pixels within a distance of their outline count, 2 % of the
image's diagonal. The overlap of a pair is the lesser of that and its mask IoU; all else is COCO's mask AP.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as native
from pycocotools.cocoeval import COCOeval

from rehead.coco.rle import Rle, crop_to_rle
from rehead.coco.windows import crop_of

DILATION = 0.02
"""Distance from the outline within which a pixel counts, as a share of the image's diagonal."""


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


def boundary_of(mask: Rle) -> Rle:
    """Keep the pixels of a mask within the distance of its outline; the image's border counts as outline.

    A pixel lies deeper if the square around it, of that distance to each side, is all object.
    """
    height, width = mask["size"]
    crop = crop_of(mask)
    return crop_to_rle(edge_of(crop.mask_hw, reach_in(height, width)), crop.x, crop.y, height, width)


def reach_in(height: int, width: int) -> int:
    """Give the distance in pixels for an image of that size, at least 1."""
    return max(1, round(DILATION * math.hypot(height, width)))


def edge_of(mask_hw: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Keep the pixels within `reach` of the outline, in a crop that holds all that the image has of the mask."""
    edge_hw, side = mask_hw.copy(), 2 * reach + 1
    if min(edge_hw.shape) >= side:
        sums = np.pad(np.cumsum(np.cumsum(edge_hw, axis=0, dtype=np.int64), axis=1), ((1, 0), (1, 0)))
        inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
        edge_hw[reach:-reach, reach:-reach] &= inside < side * side
    return edge_hw
