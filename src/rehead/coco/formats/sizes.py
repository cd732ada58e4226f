"""The size of an image as people see it, from the head of its file alone."""

from pathlib import Path

from PIL import Image

from rehead.coco.decoding import FORMATS

_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)


def upright_size(path: Path) -> tuple[int, int] | None:
    """Read width and height, turned as EXIF says; None for what is no image, which decoding will tell."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            # Asking a PNG for its EXIF data decodes all of it, unless they stand before the pixels.
            told = image.format != "PNG" or "exif" in image.info
            turned = told and image.getexif().get(_ORIENTATION) in _SIDEWAYS
            return image.size[::-1] if turned else image.size
    except Exception:  # Pillow's parsers raise nearly every type on damaged input
        return None
