"""The size of an image as people see it, from the head of its file alone."""

from pathlib import Path

from PIL import Image

from rehead.coco.decoding import FORMATS, SIDEWAYS, orientation_of


def upright_size(path: Path) -> tuple[int, int] | None:
    """Read width and height, turned as EXIF says; None for what is no image, which decoding will tell."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            # Asking a PNG for its EXIF data decodes all of it, unless they stand before the pixels. A TIFF is turned
            # by Pillow itself.
            told = image.format != "TIFF" and (image.format != "PNG" or "exif" in image.info)
            turned = told and orientation_of(image) in SIDEWAYS
            return image.size[::-1] if turned else image.size
    except Exception:  # Pillow's parsers raise nearly every type on damaged input
        return None
