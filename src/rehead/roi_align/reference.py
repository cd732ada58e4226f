"""RoIAlign and RoIPool in float64, one sample and one pixel at a time: slow, written to be read and checked against.

RoIAlign follows Mask R-CNN (He et al. 2017, section 3): no coordinate is ever rounded, each bin is the mean of a few
bilinear samples. RoIPool follows Fast R-CNN (Girshick 2015, section 2.1): box and bins are rounded to whole pixels and
each bin is a maximum. Border rules are those of torchvision's native operators.

Shapes: features C,H,W; boxes (x1, y1, x2, y2) in image pixels; P = size, the bins along a side of the result C,P,P.
"""

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Precision = type[np.float32] | type[np.float64]


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
    return np.einsum("pqhw,chw->cpq", weights, features_chw)


def roi_align_with_gradient(
    features_chw: Floats, box: Sequence[float], upstream_cpq: Floats, *, scale: float, samples: int, aligned: bool
) -> tuple[Floats, Floats]:
    """Read a box into C,P,P, and send a gradient C,P,P of that back to the map: C,H,W."""
    height, width = features_chw.shape[-2:]
    weights = roi_align_weights(
        box,
        height=height,
        width=width,
        size=upstream_cpq.shape[-1],
        scale=scale,
        samples=samples,
        aligned=aligned,
    )
    values = np.einsum("pqhw,chw->cpq", weights, features_chw)
    return values, np.einsum("cpq,pqhw->chw", upstream_cpq, weights)


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


def roi_pool(
    features_chw: Floats, box: Sequence[float], *, size: int, scale: float, precision: Precision = np.float64
) -> Floats:
    """Read a box into C,P,P as Fast R-CNN did: rounded corners, rounded bins, the maximum of each; empty bins are 0."""
    upstream = np.zeros((len(features_chw), size, size))
    return roi_pool_with_gradient(features_chw, box, upstream, scale=scale, precision=precision)[0]


def roi_pool_with_gradient(
    features_chw: Floats,
    box: Sequence[float],
    upstream_cpq: Floats,
    *,
    scale: float,
    precision: Precision = np.float64,
) -> tuple[Floats, Floats]:
    """Read a box into C,P,P, and send a gradient C,P,P of that back to the map: C,H,W.

    A maximum hands its whole gradient to the pixel that held it, the first in reading order if several did.
    """
    height, width = features_chw.shape[-2:]
    size = upstream_cpq.shape[-1]
    rows = pooled_ranges(box[1], box[3], size=size, scale=scale, limit=height, precision=precision)
    columns = pooled_ranges(box[0], box[2], size=size, scale=scale, limit=width, precision=precision)
    values, gradient = np.zeros_like(upstream_cpq), np.zeros_like(features_chw)
    for (p, (top, bottom)), (q, (left, right)) in product(enumerate(rows), enumerate(columns)):
        if top < bottom and left < right:
            for channel, plane in enumerate(features_chw[:, top:bottom, left:right]):
                y, x = divmod(int(plane.argmax()), right - left)
                values[channel, p, q] = plane[y, x]
                gradient[channel, top + y, left + x] += upstream_cpq[channel, p, q]
    return values, gradient


def pooled_ranges(
    start: float, end: float, *, size: int, scale: float, limit: int, precision: Precision = np.float64
) -> list[tuple[int, int]]:
    """Round one axis of a box into P half-open ranges of whole pixels, cut at the map's ends.

    `precision` is that of the operator: in float32 seven sevenths of 57 pixels are more than 57, and the last bin gets
    one pixel more.
    """
    first, last = round_half_away(start * scale), round_half_away(end * scale)
    bin_length = precision(max(last - first + 1, 1)) / precision(size)
    ranges = []
    for p in range(size):
        low = first + math.floor(precision(p) * bin_length)
        high = first + math.ceil(precision(p + 1) * bin_length)
        ranges.append((min(max(low, 0), limit), min(max(high, 0), limit)))
    return ranges


def round_half_away(value: float) -> int:
    """Round as C does, halves away from zero; Python would round them to even."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))
