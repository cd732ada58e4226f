"""Masks as COCO run lengths: column-major runs, first of zeros, in COCO's compressed string.

Whatever reaches these functions is sound already: `segmentations` checks what others wrote, since the native code
behind `pycocotools` crashes, hangs or reads past its buffers on run lengths that do not add up.
"""

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from pycocotools import mask as native


class Rle(TypedDict):
    """One mask: `size` is [height, width], `counts` the compressed string."""

    size: list[int]
    counts: str


def encode(mask_hw: np.ndarray) -> Rle:
    """Encode one mask: any array of H x W where non-zero means object."""
    return _text(native.encode(np.asfortranarray(mask_hw != 0, dtype=np.uint8)))


def decode(rle: Rle) -> np.ndarray:
    """Decode to uint8 H x W of 0 and 1."""
    return np.asarray(native.decode(rle), dtype=np.uint8)


def polygons_to_rle(polygons: Sequence[Sequence[float]], height: int, width: int) -> Rle:
    """Fill flat x, y polygons as COCO does, parts united; raises ValueError on an empty list."""
    if not polygons:
        raise ValueError("polygons_to_rle: no polygon given; an object needs one of at least three points")
    parts = native.frPyObjects([list(part) for part in polygons], height, width)
    return _text(parts[0] if len(parts) == 1 else native.merge(parts))


def counts_to_rle(counts: Sequence[int] | np.ndarray, height: int, width: int) -> Rle:
    """Compress run lengths that are known to add up to height x width."""
    return _text(native.frPyObjects({"size": [height, width], "counts": counts}, height, width))


def crop_to_rle(crop_hw: np.ndarray, x: int, y: int, height: int, width: int) -> Rle:
    """Encode a crop whose corner lies at (x, y) of a height x width image, without the image's full mask.

    What sticks out of the image is cut off. The run ends are found in the crop alone, so the cost follows its size.
    """
    left, top = max(x, 0), max(y, 0)
    inside = crop_hw[top - y : max(height - y, 0), left - x : max(width - x, 0)] != 0
    columns = np.zeros((inside.shape[1], inside.shape[0] + 2), dtype=np.int8)
    columns[:, 1:-1] = inside.T
    edges = np.diff(columns, axis=1)
    starts, ends = (np.argwhere(edges == step) @ np.array([height, 1]) + left * height + top for step in (1, -1))
    return counts_to_rle(_runs(starts, ends, height * width), height, width)


def area(rle: Rle) -> int:
    """Count the object's pixels."""
    return int(native.area(rle))


def bounding_box(rle: Rle) -> tuple[float, float, float, float]:
    """Measure the tight box x, y, width, height in pixels; zeros for an empty mask."""
    x, y, w, h = native.toBbox(rle).tolist()
    return x, y, w, h


def _runs(starts: np.ndarray, ends: np.ndarray, total: int) -> np.ndarray:
    """Turn sorted half-open intervals of ones into runs; intervals that touch become one."""
    apart = starts[1:] != ends[:-1]
    starts = starts[np.concatenate(([True], apart))] if len(starts) else starts
    ends = ends[np.concatenate((apart, [True]))] if len(ends) else ends
    bounds = np.concatenate(([0], np.stack([starts, ends], axis=1).ravel(), [total]))
    runs = np.diff(bounds)
    return runs[:-1] if len(runs) > 1 and runs[-1] == 0 else runs


def _text(rle: dict[str, Any]) -> Rle:
    return {"size": rle["size"], "counts": rle["counts"].decode("ascii")}
