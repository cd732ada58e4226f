"""Image bytes to upright RGB pixels with Pillow alone: formats by allow-list, a pixel limit, one frame, a full load.

This is the one place that decides on EXIF orientation (pixels are transposed, so that every image is upright),
transparency (dropped), CMYK and 16-bit grey (converted), so ingest, training and serving see the same pixels.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from rehead.coco.digests import digest_of

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
MAX_PIXELS = 100_000_000
SMALLEST_SIDE = 8
MAX_ASPECT = 100
"""Longer side over shorter: of a thinner image nothing would be left at the network's scale."""
KEPT_FORMATS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
_PLAIN = {"1", "L", "P", "RGB"}
_CONVERTED = {
    "RGBA": ("image-alpha", "has an alpha channel (mode RGBA), which is dropped"),
    "LA": ("image-alpha", "has an alpha channel (mode LA), which is dropped"),
    "PA": ("image-alpha", "has an alpha channel (mode PA), which is dropped"),
    "CMYK": ("image-mode", "has mode CMYK, which is converted to RGB"),
    "YCbCr": ("image-mode", "has mode YCbCr, which is converted to RGB"),
}
_GREY_16 = {"I;16", "I;16B", "I;16L", "I;16N", "I"}
_TEXT_CHUNKS = {b"tEXt", b"zTXt", b"iTXt"}
_JPEG_MAGIC, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_ORIENTATION = 0x0112
# EXIF orientation to the turn that makes the stored pixels upright; 1 needs none (EXIF 2.32, 4.6.4).
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)
"""EXIF orientations whose upright image has width and height exchanged."""
# Pillow's own limits would answer with a warning or with its own words; the pixel limit here comes first.
Image.MAX_IMAGE_PIXELS = None


class ImageError(ValueError):
    """Bytes that are no usable image; `code` is the kind of fault."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Decoded:
    """Upright RGB pixels, and what the file was: stored width and height, EXIF orientation 1..8, notes (code, text).

    `plain` says that any reader which converts to RGB finds these very pixels in the file's own bytes.
    """

    image: Image.Image
    format: str
    mode: str
    width: int
    height: int
    orientation: int
    notes: tuple[tuple[str, str], ...]
    plain: bool

    @property
    def digest(self) -> str:
        """Hash the upright pixels and their size."""
        return digest_of(self.image)


def decode_image(data: bytes, *, formats: tuple[str, ...] = FORMATS, max_pixels: int = MAX_PIXELS) -> Decoded:
    """Decode image bytes to upright RGB; raises ImageError, whatever is wrong with them."""
    if not data:
        raise ImageError("image-empty", "the file is empty (0 bytes)")
    try:
        return _decode(data, formats, max_pixels, repaired=False)
    except ImageError:
        raise
    except MemoryError:
        raise ImageError("image-too-large", "decoding needs more memory than an image may take") from None
    except Exception as error:  # Pillow's parsers raise nearly every type on damaged input
        for repaired in _repairs(data, max_pixels):
            with contextlib.suppress(Exception):
                return _decode(repaired, formats, max_pixels, repaired=True)
        raise ImageError("image-corrupt", f"cannot decode it, the file is corrupt or truncated: {error}") from None


def _decode(data: bytes, formats: tuple[str, ...], max_pixels: int, *, repaired: bool) -> Decoded:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of damaged metadata that nobody here reads
        image = _opened(data, formats)
        width, height = image.size
        if width * height > max_pixels:
            raise ImageError("image-too-large", f"{width}x{height} is over {max_pixels / 1e6:g} megapixels")
        frames = getattr(image, "n_frames", 1)
        if frames > 1 and image.format != "MPO":  # the further pictures of an MPO are a camera's previews
            raise ImageError("image-frames", f"{image.format} holds {frames} frames or pages; one a file is read")
        orientation = orientation_of(image)
        image.load()
        remaining = orientation_of(image)  # none in a TIFF: Pillow turns its pixels itself
        kind, mode = ("JPEG" if image.format == "MPO" else str(image.format)), image.mode
    notes = []
    if kind == "JPEG" and repaired:
        notes.append(("image-end", "JPEG lacks its end marker (EOI), though all its pixels are there: truncated?"))
    rgb, more = _rgb(image)
    upright = rgb.transpose(TURNS[remaining]) if remaining in TURNS else rgb
    stored = upright.size[::-1] if orientation in SIDEWAYS else upright.size
    plain = kind in KEPT_FORMATS and mode in _PLAIN and orientation == 1 and not repaired and not more
    return Decoded(upright, kind, mode, *stored, orientation, tuple(notes + more), plain)


def _opened(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError:
        start = data[:40]
        if start.startswith(b"version https://git-lfs"):
            raise ImageError("image-format", "a Git LFS pointer, not an image: run git lfs pull") from None
        raise ImageError("image-format", f"not an image in {', '.join(formats)} (begins with {start[:12]!r})") from None


def orientation_of(image: Image.Image) -> int:
    """Read EXIF orientation; damaged EXIF data counts as upright."""
    value = image.getexif().get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _rgb(image: Image.Image) -> tuple[Image.Image, list[tuple[str, str]]]:
    """Convert to RGB and say what was lost."""
    mode = image.mode
    if mode in _GREY_16:
        low, high = image.getextrema()
        if not 0 <= float(str(low)) <= float(str(high)) <= 65535:
            raise ImageError(
                "image-mode-unsafe", f"mode {mode} with values {low}..{high} is no picture of 8 or 16 bits"
            )
        grey = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
        converted, notes = grey.convert("RGB"), [("image-mode", "has 16 bits a pixel, scaled to 8")]
    elif mode in _CONVERTED or (mode == "P" and "transparency" in image.info):
        note = _CONVERTED.get(mode, ("image-alpha", "has a transparent palette colour (mode P), made opaque"))
        converted, notes = image.convert("RGBA").convert("RGB") if mode == "P" else image.convert("RGB"), [note]
    elif mode in _PLAIN:
        converted, notes = image if mode == "RGB" else image.convert("RGB"), []  # converting RGB would copy it
    else:
        raise ImageError("image-mode-unsafe", f"mode {mode} has no safe conversion to 8-bit RGB")
    return converted, notes


def _repairs(data: bytes, max_pixels: int) -> Iterator[bytes]:
    """Yield bytes that hold the same pixels and may decode: a PNG without its texts, a JPEG with its end marker."""
    if data.startswith(_PNG_MAGIC):
        yield _without_texts(data)
    if data.startswith(_JPEG_MAGIC) and (whole := _with_end(data, max_pixels)):
        yield whole


def _with_end(data: bytes, max_pixels: int) -> bytes | None:
    """Add a JPEG's missing end marker, if no pixel is missing too: what stands before the marker then changes none."""
    bare = data.rstrip(b"\xff")
    variants = [bare + filler + _JPEG_END for filler in (b"", b"\x00" * 512, b"\xaa" * 512)]
    try:
        pictures = [Image.open(io.BytesIO(variant), formats=("JPEG",)) for variant in variants]
        fits = all(picture.width * picture.height <= max_pixels for picture in pictures)
        return variants[0] if fits and len({picture.tobytes() for picture in pictures}) == 1 else None
    except Exception:  # what the end marker cannot mend is told as the damage that it is
        return None


def _without_texts(data: bytes) -> bytes:
    """Leave out a PNG's text chunks: nobody reads them, and one of them can inflate to gigabytes."""
    kept, at = [data[:8]], 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] not in _TEXT_CHUNKS:
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, data[at:]])
