"""Images of a request: base64 or bytes of one JPEG, PNG or WebP, decoded under limits into upright RGB pixels.

Whoever sends a request may be hostile: nothing here opens a path or an address, three formats only are tried, and
size is judged before pixels are decoded. Messages name the row and never repeat the image.
"""

import base64
import binascii
import re
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehead.coco.decoding import MAX_ASPECT, SMALLEST_SIDE, ImageError, decode_image

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 20_000_000
MAX_PIXELS = 25_000_000

_DATA_URL = re.compile(r"^data:[\w.+/-]*;base64,")
_FAULTS = {
    "image-empty": "`image` is empty",
    "image-frames": "the image is animated; send one frame",
    "image-mode-unsafe": "the image's pixels are neither 8 nor 16 bits",
}
_SPELLED = {"WEBP": "WebP"}
_DAMAGED = "the image is damaged or cut short"


@dataclass(frozen=True)
class Limits:
    """What an image may be: how large as sent, in bytes, and as decoded, in pixels, and in which formats."""

    max_bytes: int = MAX_BYTES
    max_pixels: int = MAX_PIXELS
    formats: tuple[str, ...] = FORMATS


REQUEST = Limits()
UNLIMITED = Limits(max_bytes=sys.maxsize, max_pixels=sys.maxsize)
"""For images of our own, which passed ingest's limits."""


class RequestError(ValueError):
    """What is wrong with a request, in words that may be sent back to whoever sent it."""


def read_image(value: object, *, row: int, limits: Limits = REQUEST) -> NDArray[np.uint8]:
    """Decode one cell of the `image` column into upright pixels HW3, RGB.

    Raises RequestError that names the row and the rule which the image breaks.
    """
    try:
        data = _bytes_of(value, row, limits.max_bytes)
        image = decode_image(data, formats=limits.formats, max_pixels=limits.max_pixels).image
    except ImageError as error:
        raise RequestError(f"row {row}: {_told(error, limits)}") from None
    if min(image.size) < SMALLEST_SIDE:
        raise RequestError(f"row {row}: {image.width}x{image.height} has a side below {SMALLEST_SIDE} pixels")
    if max(image.size) > MAX_ASPECT * min(image.size):
        raise RequestError(f"row {row}: {image.width}x{image.height} has a side over {MAX_ASPECT} times the other")
    return np.array(image, dtype=np.uint8)


def _told(error: ImageError, limits: Limits) -> str:
    """Say what is wrong with an image in words of our own: a decoder's may hold bytes of it."""
    if error.code == "image-too-large":
        return f"{error} (register.max_megapixels)"
    if error.code == "image-format":
        *others, last = (_SPELLED.get(name, name) for name in limits.formats)
        return f"not an image in {', '.join(others)} or {last} format"
    return _FAULTS.get(error.code, _DAMAGED)


def _bytes_of(value: object, row: int, max_bytes: int) -> bytes:
    """Take bytes as they are and text as base64, with or without a data: URL's prefix and line breaks."""
    if isinstance(value, str):
        if len(value) > max_bytes * 3 // 2:
            raise RequestError(f"row {row}: the image is larger than {max_bytes // 1_000_000} MB")
        try:
            value = base64.b64decode("".join(_DATA_URL.sub("", value, count=1).split()), validate=True)
        except (binascii.Error, ValueError):
            raise RequestError(f"row {row}: `image` is not base64") from None
    if not isinstance(value, bytes):
        raise RequestError(f"row {row}: `image` must be base64 text or bytes, not {type(value).__name__}")
    if len(value) > max_bytes:
        raise RequestError(f"row {row}: the image is larger than {max_bytes // 1_000_000} MB")
    return value
