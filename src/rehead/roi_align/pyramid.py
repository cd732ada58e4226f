"""The pooler as Mask R-CNN calls it: each box on its level of the feature pyramid, `aligned=False`, two samples."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rehead.roi_align.agreement import DTYPES
from rehead.roi_align.cases import PYRAMID_SIDE, PYRAMID_STRIDES, draw_pyramid, pyramid_boxes
from rehead.roi_align.difference import Difference, largest
from rehead.roi_align.reference import roi_align

Pooler = Callable[..., nn.Module]
"""(featmap_names, output_size, sampling_ratio) -> module, as torchvision.ops.MultiScaleRoIAlign is built."""

SIZE, SAMPLES = 7, 2


def level_stride(box: Sequence[float], strides: Sequence[int] = PYRAMID_STRIDES) -> int:
    """Choose the stride a box is read at: Feature Pyramid Networks (Lin et al. 2017), equation 1, k0 = 4 at 224."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    level = math.floor(4 + math.log2(math.sqrt(area) / 224) + 1e-6) if area > 0 else 0
    lowest, highest = int(math.log2(strides[0])), int(math.log2(strides[-1]))
    return int(2 ** min(max(level, lowest), highest))


def compare_pyramid(pooler: Pooler, *, seed: int, device: torch.device) -> Iterator[Difference]:
    """Compare the pooler with the slow reference on boxes for every level, in two images and both precisions."""
    maps, named = draw_pyramid(seed), pyramid_boxes()
    images = [list(named.values()), list(named.values())[::3]]
    names = (*named, *(f"{name}, second image" for name in list(named)[::3]))
    expected = expected_pools(maps, images)
    for dtype in DTYPES:
        features = {str(i): torch.tensor(maps[s], dtype=dtype, device=device) for i, s in enumerate(PYRAMID_STRIDES)}
        boxes = [torch.tensor(image, dtype=dtype, device=device) for image in images]
        pooled = run_pooler(pooler, features, boxes)
        setting = f"{len(PYRAMID_STRIDES)}-level pooler, strides {PYRAMID_STRIDES}"
        gap = largest(pooled.cpu().numpy(), expected, names)
        yield Difference(
            "the slow reference", "pooled values", str(dtype).removeprefix("torch."), device.type, setting, *gap
        )


def expected_pools(
    maps: dict[int, NDArray[np.float64]], images: list[list[tuple[float, float, float, float]]]
) -> NDArray[np.float64]:
    """Read each image's boxes from the level they belong to: K,C,P,P."""
    pools = [
        roi_align(maps[stride][index], box, size=SIZE, scale=1 / stride, samples=SAMPLES)
        for index, boxes in enumerate(images)
        for box, stride in ((box, level_stride(box)) for box in boxes)
    ]
    return np.stack(pools)


def run_pooler(pooler: Pooler, features: dict[str, Tensor], boxes: list[Tensor]) -> Tensor:
    """Build the pooler afresh (it keeps the scales of its first image) and pool."""
    module = pooler(list(features), SIZE, SAMPLES)
    with torch.no_grad():
        pooled: Tensor = module(features, boxes, [(PYRAMID_SIDE, PYRAMID_SIDE)] * len(boxes))
    return pooled


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
