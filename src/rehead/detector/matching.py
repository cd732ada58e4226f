"""Which object each anchor stands for, as torchvision's Matcher says, without the overlap of every pair at once.

On an image of 640 x 864 pixels with 375 objects torchvision holds 138,000 x 375 overlaps, and their parts, at once.
Here the anchors pass in parts that fit into a processor's cache; for the anchors that overlap an object most, which
count as its own however little that is, only the parts that hold them pass a second time.
"""

import torch
from torch import Tensor
from torchvision.models.detection._utils import Matcher
from torchvision.ops import box_area

_PAIRS, _PAIRS_ON_GPU = 2**17, 2**24
"""Overlaps of one part: half a MiB, and 64 MiB where each part waits for the last."""


def match_anchors(boxes_g4: Tensor, anchors_p4: Tensor, matcher: Matcher) -> Tensor:
    """Give each anchor's object as an index below G, or the matcher's mark for below or between its thresholds.

    Exactly what `matcher(box_iou(boxes_g4, anchors_p4))` gives; without objects every anchor is below.
    """
    if not len(boxes_g4):
        return torch.full((len(anchors_p4),), matcher.BELOW_LOW_THRESHOLD, device=anchors_p4.device)
    pairs = _PAIRS if anchors_p4.device.type == "cpu" else _PAIRS_ON_GPU
    parts = anchors_p4.split(max(pairs // len(boxes_g4), 1))
    best, overlap, nearest = [], [], []
    for part in parts:
        overlaps_gp = _overlaps(boxes_g4, part)
        best.append(overlaps_gp.amax(dim=1))
        most = overlaps_gp.max(dim=0)
        overlap.append(most.values)
        nearest.append(most.indices)
    overlap_p, nearest_p = torch.cat(overlap), torch.cat(nearest)
    matched_p = nearest_p.where(overlap_p >= matcher.high_threshold, matcher.BETWEEN_THRESHOLDS)
    matched_p = matched_p.where(overlap_p >= matcher.low_threshold, matcher.BELOW_LOW_THRESHOLD)
    if not matcher.allow_low_quality_matches:
        return matched_p
    return nearest_p.where(_own(boxes_g4, parts, torch.stack(best)), matched_p)


def _own(boxes_g4: Tensor, parts: tuple[Tensor, ...], best_ng: Tensor) -> Tensor:
    """Tell which anchors no other overlaps an object more than; `best_ng` is each object's best overlap by part."""
    best_g = best_ng.amax(dim=0)
    own = []
    for part, best_here_g in zip(parts, best_ng, strict=True):
        held = torch.where(best_here_g == best_g)[0]
        own.append((_overlaps(boxes_g4[held], part) == best_g[held, None]).any(dim=0))
    return torch.cat(own)


def _overlaps(boxes_g4: Tensor, anchors_p4: Tensor) -> Tensor:
    """Compute torchvision's `box_iou`, bit for bit, side by side: pairs of corners lie badly for vector units."""
    (left_g1, top_g1, right_g1, bottom_g1), (left, top, right, bottom) = (
        boxes_g4.T[..., None],
        anchors_p4.T.contiguous(),
    )
    wide = right_g1.minimum(right).sub_(left_g1.maximum(left)).clamp_(min=0)
    high = bottom_g1.minimum(bottom).sub_(top_g1.maximum(top)).clamp_(min=0)
    shared = wide.mul_(high)
    return shared / (box_area(boxes_g4)[:, None] + box_area(anchors_p4)).sub_(shared)
