"""How well anchors hold the boxes of a dataset, and sizes that hold them better.

Shapes: M boxes as x, y, width, height in pixels of the image as the network sees it. The grid is torchvision's: one
size a level at strides 4 to 64, centres at multiples of the stride, three aspect ratios (Lin et al. 2017, section 4.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STRIDES = (4, 8, 16, 32, 64)
RATIOS = (0.5, 1.0, 2.0)
_IOU = 0.5
_SAMPLE = 10_000
_SMALLEST = (4.0, 5.6, 8.0, 11.3, 16.0, 22.6, 32.0, 45.3, 64.0)
_STEPS = (1.25, 1.4, 1.6, 1.8, 2.0)


@dataclass(frozen=True)
class AnchorFit:
    """Anchor sizes by level and the share of boxes that some anchor overlaps with an IoU of 0.5 or more."""

    sizes: tuple[int, ...]
    recall: float


def measure_fit(boxes_m4: Floats, sizes: Sequence[int]) -> AnchorFit:
    """Measure the recall of anchors; of no boxes it is 1."""
    overlaps = _best_overlaps(boxes_m4, sizes)
    return AnchorFit(tuple(sizes), float(np.mean(overlaps >= _IOU)) if len(overlaps) else 1.0)


def fit_sizes(boxes_m4: Floats) -> AnchorFit:
    """Find the geometric series of sizes with the highest recall, and of those the highest mean overlap.

    It is searched on some ten thousand boxes, spread over all, and measured on all.
    """
    sample = boxes_m4[:: -(-len(boxes_m4) // _SAMPLE) or 1]
    series = [tuple(round(first * step**level) for level in range(5)) for first, step in product(_SMALLEST, _STEPS)]

    def merit(sizes: tuple[int, ...]) -> tuple[float, float, tuple[int, ...]]:
        overlaps = _best_overlaps(sample, sizes)
        return round(float(np.mean(overlaps >= _IOU)), 2), float(overlaps.mean()), sizes

    return measure_fit(boxes_m4, max(map(merit, series))[2] if len(sample) else STRIDES)


def _best_overlaps(boxes_m4: Floats, sizes: Sequence[int]) -> Floats:
    """Compute each box's IoU with the best of the anchors whose centres are nearest to its own."""
    best = np.zeros(len(boxes_m4))
    x, y, width, height = boxes_m4.T
    for (size, stride), ratio in product(zip(sizes, STRIDES, strict=True), RATIOS):
        half_width, half_height = (round(size * ratio**power / 2) for power in (-0.5, 0.5))
        across = _shared(x, width, stride, half_width)
        down = _shared(y, height, stride, half_height)
        shared = across * down
        best = np.maximum(best, shared / (width * height + 4 * half_width * half_height - shared))
    return best


def _shared(start: Floats, length: Floats, stride: int, half: int) -> Floats:
    """Compute along one axis how much of each box the nearest anchor covers, in pixels."""
    centre = np.round((start + length / 2) / stride) * stride
    return np.clip(np.minimum(start + length, centre + half) - np.maximum(start, centre - half), 0.0, None)
