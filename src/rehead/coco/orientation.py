"""Annotations made on pixels as stored, turned with the pixels when EXIF says that these lie on their side."""

from dataclasses import replace

import numpy as np
from PIL import Image

from rehead.coco import rle
from rehead.coco.decoding import SIDEWAYS, TURNS
from rehead.coco.records import Annotation


def turned(annotation: Annotation, orientation: int, height: int, width: int) -> Annotation:
    """Turn an annotation of a stored height x width image as its EXIF orientation turns the pixels."""
    if orientation not in TURNS:
        return annotation
    mask_hw = rle.decode({"size": [height, width], "counts": annotation.counts})
    upright_hw = np.asarray(Image.fromarray(mask_hw).transpose(TURNS[orientation]))
    box = _turned_box(annotation.bbox, orientation, height, width)
    return replace(annotation, counts=rle.encode(upright_hw)["counts"], bbox=box)


def _turned_box(
    box: tuple[float, float, float, float], orientation: int, height: int, width: int
) -> tuple[float, float, float, float]:
    x, y, w, h = box
    if orientation in SIDEWAYS:
        x, y, w, h, height, width = y, x, h, w, width, height
    if orientation in (2, 3, 6, 7):
        x = width - x - w
    if orientation in (3, 4, 7, 8):
        y = height - y - h
    return x, y, w, h
