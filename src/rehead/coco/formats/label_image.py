"""A picture whose pixel values are numbers of objects: decoded without losing a value, each object as run lengths."""

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from rehead.coco.decoding import ImageError
from rehead.coco.rle import counts_to_rle

_FORMATS = ("PNG", "TIFF", "BMP", "GIF")
"""Those that keep values as they are: JPEG and lossy WebP do not."""
_NUMBERS = {"1", "L", "I", "I;16", "I;16B", "I;16L", "I;16N"}
_VOID = 255
"""The palette index that PASCAL VOC gives to borders between objects, which belong to none."""
_MOST_OBJECTS = 10_000
_LARGEST_FILE = 1 << 30


def labelled(path: Path, max_pixels: int, *, whole: bool) -> dict[str, Any]:
    """Decode one mask file; returns its size and the run lengths of its objects by value, or the fault, for JSON."""
    try:
        labels_hw = _labels(path, max_pixels)
        objects = _objects((labels_hw != 0).astype(np.int64) if whole else labels_hw)
        return {"size": labels_hw.shape[::-1], "objects": objects, "fault": None}
    except ImageError as error:
        return {"size": None, "objects": {}, "fault": [error.code, str(error)]}


def _objects(labels_hw: np.ndarray) -> dict[int, str]:
    """Encode the mask of each value above 0 as compressed run lengths; raises ImageError if they are no numbers."""
    height, width = labels_hw.shape
    flat = labels_hw.T.ravel()  # run lengths go down the columns
    starts = np.concatenate(([0], np.flatnonzero(flat[1:] != flat[:-1]) + 1))
    ends = np.concatenate((starts[1:], [flat.size]))
    order = np.argsort(flat[starts], kind="stable")
    values, firsts = np.unique(flat[starts][order], return_index=True)
    if len(values) > _MOST_OBJECTS or values[0] < 0:
        text = f"has {len(values)} values from {values[0]} to {values[-1]}: a picture, not numbers of objects"
        raise ImageError("mask-values", text)
    objects = {}
    for value, mine in zip(values.tolist(), np.split(order, firsts[1:]), strict=True):
        edges = np.stack([starts[mine], ends[mine]], axis=1).ravel()
        runs = np.diff(np.concatenate(([0], edges, [flat.size])))
        objects[value] = counts_to_rle(runs[:-1] if runs[-1] == 0 else runs, height, width)["counts"]
    objects.pop(0, None)
    return objects


def _labels(path: Path, max_pixels: int) -> np.ndarray:
    """Decode to whole numbers H x W; raises ImageError."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ImageError("image-too-large", f"the file has over {_LARGEST_FILE} bytes")
        data = path.read_bytes()
        if not data:
            raise ImageError("image-empty", "the file is empty (0 bytes)")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of damaged metadata that nobody here reads
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
            if image.width * image.height > max_pixels:
                raise ImageError("image-too-large", f"{image.width}x{image.height} is over {max_pixels} pixels")
            if getattr(image, "n_frames", 1) > 1:
                raise ImageError("image-frames", "holds several frames or pages; one a file is read")
            image.load()
        return _numbers(image)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError("image-format", f"is no mask in {', '.join(_FORMATS)}: JPEG would change its values") from None
    except Exception as error:  # Pillow's parsers raise nearly every type on damaged input
        raise ImageError("image-corrupt", f"cannot be decoded, it is corrupt or truncated: {error}") from None


def _numbers(image: Image.Image) -> np.ndarray:
    if image.mode in _NUMBERS:
        return np.asarray(image, dtype=np.int64 if image.mode == "I" else None).astype(np.int64)
    if image.mode == "P":
        indices = np.asarray(image).astype(np.int64)
        return np.where(indices == _VOID, 0, indices)
    bands = [np.asarray(band) for band in image.split()]
    colours = bands[: 1 if image.mode == "LA" else 3]
    if image.mode in ("LA", "RGB", "RGBA") and all(np.array_equal(colours[0], band) for band in colours[1:]):
        return colours[0].astype(np.int64)
    raise ImageError("mask-values", f"has mode {image.mode} with colours, which may mean objects or classes")
