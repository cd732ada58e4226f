"""Masks as COCO run lengths: column-major runs, first of zeros, in COCO's compressed string.

Whatever reaches these functions is sound already: `segmentations` checks what others wrote, since the native code
behind `pycocotools` crashes, hangs or reads past its buffers on run lengths that do not add up.
"""

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
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


def toggles_to_rles(toggles_t: NDArray[np.int64], masks: int, height: int, width: int) -> list[Rle]:
    """Encode masks of one size by the places where the pixels change, all masks in one ascending array.

    A place is number * (height * width + 1) + x * height + y for mask `number`: its pixel there, in column-major order,
    differs from the one before, and outside of it all is zero. Each place that is named twice is none.
    """
    if not masks:
        return []
    stride = height * width + 1
    ends_m = np.arange(1, masks + 1) * stride - 1
    toggles_t = _named_oddly(toggles_t)
    last_m = np.searchsorted(toggles_t, ends_m, side="right") + np.arange(masks)
    counts = np.diff(np.insert(toggles_t, last_m - np.arange(masks), ends_m), prepend=-1)
    first_m = np.concatenate(([0], last_m[:-1] + 1))
    counts[first_m] -= 1
    stops_m = last_m + (counts[last_m] > 0)  # a mask that ends with its image has no run of zeros behind it
    slices = zip(first_m.tolist(), stops_m.tolist(), strict=True)
    runs = [{"size": [height, width], "counts": counts[first:stop]} for first, stop in slices]
    return [_text(rle) for rle in native.frPyObjects(runs, height, width)]


def crop_to_rle(crop_hw: np.ndarray, x: int, y: int, height: int, width: int) -> Rle:
    """Encode a crop whose corner lies at (x, y) of a height x width image, without the image's full mask.

    What sticks out of the image is cut off. The run ends are found in the crop alone, so the cost follows its size.
    """
    left, top = max(x, 0), max(y, 0)
    inside = crop_hw[top - y : max(height - y, 0), left - x : max(width - x, 0)] != 0
    rows, columns = inside.shape
    flat = np.zeros(columns * (rows + 1) + 1, dtype=np.bool_)
    flat[1:].reshape(columns, rows + 1)[:, :-1] = inside.T
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    toggles_t = changes + changes // (rows + 1) * (height - rows - 1) + left * height + top
    return toggles_to_rles(toggles_t, 1, height, width)[0]


def area(rle: Rle) -> int:
    """Count the object's pixels."""
    return int(native.area(rle))


def bounding_box(rle: Rle) -> tuple[float, float, float, float]:
    """Measure the tight box x, y, width, height in pixels; zeros for an empty mask."""
    x, y, w, h = native.toBbox(rle).tolist()
    return x, y, w, h


def _named_oddly(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keep, once, what an ascending array names an odd number of times."""
    first = np.flatnonzero(np.diff(places, prepend=-1) != 0)
    return places[first[np.diff(first, append=len(places)) & 1 != 0]]


def _text(rle: dict[str, Any]) -> Rle:
    return {"size": rle["size"], "counts": rle["counts"].decode("ascii")}
