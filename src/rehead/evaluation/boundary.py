"""Boundaries of masks: where a finer mask differs at all.

Boundary IoU (Cheng et al. 2021): of both masks only the pixels within a distance of their outline count, 2 % of the
image's diagonal. The overlap of a pair is the lesser of that and its mask IoU; all else is COCO's mask AP.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.coco.rle import Rle, crop_to_rle
from rehead.coco.windows import Crop, crop_of
from rehead.evaluation.candidates import Candidates

DILATION = 0.02
"""Distance from the outline within which a pixel counts, as a share of the image's diagonal."""
_KEPT = 512
"""Boundaries kept at a time: those of one image and class come together."""


def at_boundaries(found: Candidates, truth: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> Candidates:
    """Measure pairs of masks by the lesser of mask IoU and boundary IoU; of crowd regions the mask alone counts.

    Boundaries are drawn only where masks overlap enough for them to matter.
    """

    @lru_cache(_KEPT)
    def of_result(row: int) -> Crop:
        return _edge(results[found.result_n[row]]["segmentation"])

    @lru_cache(_KEPT)
    def of_object(row: int) -> Crop:
        return _edge(truth["annotations"][found.object_m[row]]["segmentation"])

    pairs = zip(found.detection_p.tolist(), found.target_p.tolist(), found.iou_p.tolist(), strict=True)
    return found.with_overlaps(
        np.array(
            [iou if found.crowd_m[o] else min(iou, overlap(of_result(d), of_object(o))) for d, o, iou in pairs],
            dtype=float,
        )
    )


def overlap(first: Crop, second: Crop) -> float:
    """Measure the IoU of two masks of one image; 0 if both are empty."""
    shared = first.window.common(second.window)
    cuts = (shared.moved(-crop.x, -crop.y) for crop in (first, second))
    inside = [c.mask_hw[at.y : at.bottom, at.x : at.right] for c, at in zip((first, second), cuts, strict=True)]
    both, one, other = (int(np.count_nonzero(part)) for part in (inside[0] & inside[1], first.mask_hw, second.mask_hw))
    return both / max(one + other - both, 1)


def boundary_of(mask: Rle) -> Rle:
    """Keep the pixels of a mask within the distance of its outline; the image's border counts as outline.

    A pixel lies deeper if the square around it, of that distance to each side, is all object.
    """
    height, width = mask["size"]
    edge = _edge(mask)
    return crop_to_rle(edge.mask_hw, edge.x, edge.y, height, width)


def _edge(mask: Rle) -> Crop:
    crop = crop_of(mask)
    return Crop(edge_of(crop.mask_hw, reach_in(*mask["size"])), crop.x, crop.y)


def reach_in(height: int, width: int) -> int:
    """Give the distance in pixels for an image of that size, at least 1."""
    return max(1, round(DILATION * math.hypot(height, width)))


def edge_of(mask_hw: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Keep the pixels within `reach` of the outline, in a crop that holds all that the image has of the mask."""
    edge_hw, side = mask_hw.copy(), 2 * reach + 1
    if min(edge_hw.shape) >= side:
        inside = _all_of(_all_of(mask_hw, side).T, side).T
        edge_hw[reach:-reach, reach:-reach] &= ~inside
    return edge_hw


def _all_of(mask_hw: NDArray[np.bool_], rows: int) -> NDArray[np.bool_]:
    """Tell of each stack of so many rows in which columns it is all object: spans double until they are long enough."""
    span = 1
    while span < rows:
        step = min(span, rows - span)
        mask_hw = mask_hw[:-step] & mask_hw[step:]
        span += step
    return mask_hw
