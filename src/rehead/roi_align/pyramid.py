"""The poolers as Mask R-CNN calls them: each box on its level of the feature pyramid, `aligned=False`, two samples."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from rehead.roi_align.agreement import PRECISIONS, ROUTE, name_of
from rehead.roi_align.cases import (
    CHANNELS,
    PYRAMID_IMAGES,
    PYRAMID_SIDE,
    PYRAMID_STRIDES,
    TOGETHER,
    draw_pyramid,
    exact,
    pyramid_boxes,
)
from rehead.roi_align.difference import Difference, largest
from rehead.roi_align.reference import Floats, Precision, roi_align_with_gradient, roi_pool_with_gradient

Pooler = Callable[..., nn.Module]
"""(featmap_names, output_size, sampling_ratio) -> module, as torchvision.ops.MultiScaleRoIAlign is built."""

Box = tuple[float, float, float, float]
Reading = Callable[[Floats, Box, Floats, int, Precision], tuple[Floats, Floats]]
"""features C,H,W, box, upstream C,P,P, stride, the operator's precision -> values C,P,P and gradient C,H,W."""

SIZE, SAMPLES = 7, 2
SETTING = f"{len(PYRAMID_STRIDES)}-level pooler, strides {PYRAMID_STRIDES}"


@dataclass(frozen=True)
class Pyramid:
    """Maps N,C,H,W by stride, boxes of each image, their names over all images, and the gradient K,C,P,P to send."""

    maps: dict[int, Floats]
    boxes: list[list[Box]]
    names: tuple[str, ...]
    upstream_kcpq: Floats


def draw_levels(seed: int) -> Pyramid:
    """Draw a pyramid for a batch: every named box on the first image, none on the second, a third on the last."""
    named = pyramid_boxes()
    names = (*named, *(f"{name}, third image" for name in list(named)[::3]))
    upstream = np.random.default_rng(seed).uniform(-1, 1, (len(names), CHANNELS, SIZE, SIZE)) / SIZE**2
    boxes = [list(named.values()), [], list(named.values())[::3]]
    return Pyramid(draw_pyramid(seed), boxes, names, exact(upstream))


def read_aligned(
    features_chw: Floats, box: Box, upstream_cpq: Floats, stride: int, precision: Precision = np.float64
) -> tuple[Floats, Floats]:
    """Read a box as Mask R-CNN does; whatever the operator's precision, the answer is the exact one."""
    return roi_align_with_gradient(features_chw, box, upstream_cpq, scale=1 / stride, samples=SAMPLES, aligned=False)


def read_rounded(
    features_chw: Floats, box: Box, upstream_cpq: Floats, stride: int, precision: Precision = np.float64
) -> tuple[Floats, Floats]:
    """Read a box as Fast R-CNN did."""
    return roi_pool_with_gradient(features_chw, box, upstream_cpq, scale=1 / stride, precision=precision)


def level_stride(box: Sequence[float], strides: Sequence[int] = PYRAMID_STRIDES) -> int:
    """Choose the stride a box is read at: Feature Pyramid Networks (Lin et al. 2017), equation 1, k0 = 4 at 224."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    level = math.floor(4 + math.log2(math.sqrt(area) / 224) + 1e-6) if area > 0 else 0
    lowest, highest = int(math.log2(strides[0])), int(math.log2(strides[-1]))
    return int(2 ** min(max(level, lowest), highest))


def compare_pyramid(
    subject: str, pooler: Pooler, *, seed: int, device: torch.device, reading: Reading = read_aligned
) -> Iterator[Difference]:
    """Compare the values and every level's gradient with the slow reference, and what comes back for no box at all."""
    pyramid = draw_levels(seed)
    maps = tuple(f"image {n}" for n in range(PYRAMID_IMAGES))
    for dtype, precision in PRECISIONS.items():
        values, gradients = expected_pools(pyramid, reading, precision)
        pooled, found = run_pooler(pooler, pyramid, dtype=dtype, device=device)
        label = (subject, ROUTE, name_of(dtype), device.type)
        yield Difference(*label, SETTING, TOGETHER, "pooled values", *largest(pooled, values, pyramid.names))
        for stride in PYRAMID_STRIDES:
            gap = largest(found[stride], gradients[stride], maps)
            yield Difference(*label, f"{SETTING}, level of stride {stride}", TOGETHER, "pooled gradients", *gap)
    nothing = Pyramid(pyramid.maps, [[]] * PYRAMID_IMAGES, (), np.zeros((0, CHANNELS, SIZE, SIZE)))
    pooled, _ = run_pooler(pooler, nothing, dtype=torch.float32, device=device)
    gap = largest(pooled, nothing.upstream_kcpq, ())
    yield Difference(*label[:2], "float32", device.type, "empty lists of boxes", TOGETHER, "pooled values", *gap)


def expected_pools(
    pyramid: Pyramid, reading: Reading = read_aligned, precision: Precision = np.float64
) -> tuple[Floats, dict[int, Floats]]:
    """Read each image's boxes from the level they belong to: values K,C,P,P, and a gradient N,C,H,W by stride."""
    values = np.zeros_like(pyramid.upstream_kcpq)
    gradients = {stride: np.zeros_like(features) for stride, features in pyramid.maps.items()}
    placed = ((image, box) for image, boxes in enumerate(pyramid.boxes) for box in boxes)
    for row, (image, box) in enumerate(placed):
        stride = level_stride(box)
        features = pyramid.maps[stride][image]
        values[row], gradient = reading(features, box, pyramid.upstream_kcpq[row], stride, precision)
        gradients[stride][image] += gradient
    return values, gradients


def run_pooler(
    pooler: Pooler, pyramid: Pyramid, *, dtype: torch.dtype, device: torch.device
) -> tuple[Floats, dict[int, Floats]]:
    """Build the pooler afresh (it keeps the scales of its first image) and pool; gradients as `expected_pools`."""
    features = {
        str(level): torch.tensor(values, dtype=dtype, device=device, requires_grad=True)
        for level, values in enumerate(pyramid.maps.values())
    }
    boxes = [torch.tensor(image, dtype=dtype, device=device).reshape(-1, 4) for image in pyramid.boxes]
    shapes = [(PYRAMID_SIDE, PYRAMID_SIDE)] * len(boxes)
    pooled: Tensor = pooler(list(features), SIZE, SAMPLES)(features, boxes, shapes)
    if pooled.requires_grad:
        pooled.backward(torch.tensor(pyramid.upstream_kcpq, dtype=dtype, device=device))
    found = zip(pyramid.maps, features.values(), strict=True)
    return pooled.detach().cpu().numpy(), {s: _gradient(values).cpu().numpy() for s, values in found}


def _gradient(features: Tensor) -> Tensor:
    """Give what came back to a map; a level that no box was read from got nothing, which is a gradient of zero."""
    return torch.zeros_like(features) if features.grad is None else features.grad


def misread_sizes(pooler: Pooler, sides: Sequence[int] = range(16, 257)) -> list[int]:
    """List the image sides, in pixels, for which the pooler reads its maps at a wrong scale.

    The maps hold each pixel's own column, so a box must come back as its centre in feature pixels.
    """
    return [side for side in sides if abs(read_centre(pooler, side) - 8 / PYRAMID_STRIDES[0]) > 1e-5]


def read_centre(pooler: Pooler, side: int) -> float:
    """Read the column at the middle of box (4, 4, 12, 12) in an image of `side` pixels, padded as a detector does."""
    padded = -(-side // PYRAMID_STRIDES[-1]) * PYRAMID_STRIDES[-1]
    columns = [torch.arange(padded // stride, dtype=torch.float32) for stride in PYRAMID_STRIDES]
    features = {str(i): x.expand(1, 1, len(x), len(x)) for i, x in enumerate(columns)}
    with torch.no_grad():
        return float(pooler(list(features), 1, SAMPLES)(features, [torch.tensor([[4.0, 4, 12, 12]])], [(side, side)]))
