"""RoIAlign and RoIPool in float64, one sample and one pixel at a time: slow, written to be read and checked against.

RoIAlign follows Mask R-CNN (He et al. 2017, section 3): no coordinate is ever rounded, each bin is the mean of a few
bilinear samples. RoIPool follows Fast R-CNN (Girshick 2015, section 2.1): box and bins are rounded to whole pixels and
each bin is a maximum. Border rules are those of torchvision's native operators.

Shapes: features C,H,W; boxes (x1, y1, x2, y2) in image pixels; P = size, the bins along a side of the result C,P,P.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def roi_align(
    features_chw: Floats, box: Sequence[float], *, size: int, scale: float, samples: int = 0, aligned: bool = False
) -> Floats:
    """Read a box from a map into C,P,P; `scale` is feature pixels per image pixel, `samples` 0 means adaptive.

    `aligned` shifts the box by half a feature pixel, because a pixel's value sits at its centre.
    """
    height, width = features_chw.shape[-2:]
    weights = roi_align_weights(
        box, height=height, width=width, size=size, scale=scale, samples=samples, aligned=aligned
    )
    return np.einsum("pqhw,chw->cpq", weights, features_chw, optimize=True)


def roi_align_weights(
    box: Sequence[float], *, height: int, width: int, size: int, scale: float, samples: int = 0, aligned: bool = False
) -> Floats:
    """Weigh every pixel for every bin: P,P,H,W. RoIAlign is linear, so this is the operator and its gradient too."""
    rows = sample_positions(box[1], box[3], size=size, scale=scale, samples=samples, aligned=aligned)
    columns = sample_positions(box[0], box[2], size=size, scale=scale, samples=samples, aligned=aligned)
    weights = np.zeros((size, size, height, width))
    for p, ys in enumerate(rows):
        for q, xs in enumerate(columns):
            share = 1.0 / max(len(ys) * len(xs), 1)
            for y in ys:
                for x in xs:
                    add_bilinear_weights(weights[p, q], y, x, share=share)
    return weights


def sample_positions(
    start: float, end: float, *, size: int, scale: float, samples: int, aligned: bool
) -> list[list[float]]:
    """Place the samples of each bin along one axis: P lists of coordinates in feature pixels."""
    half = 0.5 if aligned else 0.0
    first, last = start * scale - half, end * scale - half
    length = last - first if aligned else max(last - first, 1.0)
    bin_length = length / size
    count = samples if samples > 0 else max(math.ceil(bin_length), 0)
    return [[first + p * bin_length + (i + 0.5) * bin_length / count for i in range(count)] for p in range(size)]


def add_bilinear_weights(weights_hw: Floats, y: float, x: float, *, share: float) -> None:
    """Add a sample's weights to its four pixels: nothing beyond one pixel outside the map, clamped up to there."""
    height, width = weights_hw.shape
    if not (-1.0 <= y <= height and -1.0 <= x <= width):
        return
    y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, along = y - top, x - left
    weights_hw[top, left] += share * (1 - down) * (1 - along)
    weights_hw[top, right] += share * (1 - down) * along
    weights_hw[bottom, left] += share * down * (1 - along)
    weights_hw[bottom, right] += share * down * along


def roi_pool(features_chw: Floats, box: Sequence[float], *, size: int, scale: float) -> Floats:
    """Read a box into C,P,P as Fast R-CNN did: rounded corners, rounded bins, the maximum of each; empty bins are 0."""
    channels, height, width = features_chw.shape
    rows = pooled_ranges(box[1], box[3], size=size, scale=scale, limit=height)
    columns = pooled_ranges(box[0], box[2], size=size, scale=scale, limit=width)
    pooled = np.zeros((channels, size, size))
    for p, (top, bottom) in enumerate(rows):
        for q, (left, right) in enumerate(columns):
            if top < bottom and left < right:
                pooled[:, p, q] = features_chw[:, top:bottom, left:right].max(axis=(1, 2))
    return pooled


def pooled_ranges(start: float, end: float, *, size: int, scale: float, limit: int) -> list[tuple[int, int]]:
    """Round one axis of a box into P half-open ranges of whole pixels, cut at the map's ends."""
    first, last = round_half_away(start * scale), round_half_away(end * scale)
    bin_length = max(last - first + 1, 1) / size
    ranges = []
    for p in range(size):
        low, high = first + math.floor(p * bin_length), first + math.ceil((p + 1) * bin_length)
        ranges.append((min(max(low, 0), limit), min(max(high, 0), limit)))
    return ranges


def round_half_away(value: float) -> int:
    """Round as C does, halves away from zero; Python would round them to even."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))
