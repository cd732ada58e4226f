"""Images of a request: base64 or bytes of one JPEG, PNG or WebP, decoded under limits into upright RGB pixels.

Whoever sends a request may be hostile: nothing here opens a path or an address, Pillow tries three formats only,
and size is judged before pixels are decoded. Messages name the row and never repeat the input.
"""

import base64
import binascii
import io
import re

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 20_000_000
MAX_PIXELS = 25_000_000
MIN_SIDE = 8
MAX_ASPECT = 20
"""Longer side over shorter: a thin image would be enlarged until its shorter side fits the network."""

_DATA_URL = re.compile(r"^data:[\w.+/-]*;base64,")
_DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_PHONE_FORMAT = "MPO"
"""A JPEG from a phone with a preview behind it: its first frame is the photograph."""


class RequestError(ValueError):
    """What is wrong with a request, in words that may be sent back to whoever sent it."""


def read_image(value: object, *, row: int) -> NDArray[np.uint8]:
    """Decode one cell of the `image` column into upright pixels HW3, RGB.

    Raises RequestError that names the row and the rule which the image breaks.
    """
    stream = io.BytesIO(_bytes_of(value, row))
    try:
        opened = Image.open(stream, formats=FORMATS)
    except Exception:
        raise RequestError(f"row {row}: not an image in JPEG, PNG or WebP format") from None
    with opened as image:
        _check_header(image, row)
        try:
            image.load()
            upright = ImageOps.exif_transpose(image).convert("RGB")
        except Exception:
            raise RequestError(f"row {row}: the image is damaged or cut short") from None
    return np.asarray(upright, dtype=np.uint8)


def _bytes_of(value: object, row: int) -> bytes:
    """Take bytes as they are and text as base64, with or without a data: URL's prefix and line breaks."""
    if isinstance(value, str):
        if len(value) > MAX_BYTES * 3 // 2:
            raise RequestError(f"row {row}: the image is larger than {MAX_BYTES // 1_000_000} MB")
        try:
            value = base64.b64decode("".join(_DATA_URL.sub("", value, count=1).split()), validate=True)
        except (binascii.Error, ValueError):
            raise RequestError(f"row {row}: `image` is not base64") from None
    if not isinstance(value, bytes):
        raise RequestError(f"row {row}: `image` must be base64 text or bytes, not {type(value).__name__}")
    if not value:
        raise RequestError(f"row {row}: `image` is empty")
    if len(value) > MAX_BYTES:
        raise RequestError(f"row {row}: the image is larger than {MAX_BYTES // 1_000_000} MB")
    return value


def _check_header(image: Image.Image, row: int) -> None:
    """Refuse by size, depth and number of frames, all known before a pixel is decoded."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise RequestError(f"row {row}: {width}x{height} is more than {MAX_PIXELS // 1_000_000} megapixels")
    if min(width, height) < MIN_SIDE:
        raise RequestError(f"row {row}: {width}x{height} has a side below {MIN_SIDE} pixels")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise RequestError(f"row {row}: {width}x{height} is longer than {MAX_ASPECT} times its width")
    if image.mode in _DEEP_MODES:
        raise RequestError(f"row {row}: more than 8 bits a channel; convert the image to 8 bits")
    if image.format != _PHONE_FORMAT and getattr(image, "n_frames", 1) != 1:
        raise RequestError(f"row {row}: the image is animated; send one frame")
