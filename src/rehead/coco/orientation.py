"""Annotations made on pixels as stored, turned with the pixels when EXIF says that these lie on their side."""

from dataclasses import replace

import numpy as np

from rehead.coco import rle
from rehead.coco.records import Annotation

SIDEWAYS = (5, 6, 7, 8)
"""EXIF orientations whose upright image has width and height exchanged."""


def turned(annotation: Annotation, orientation: int, height: int, width: int) -> Annotation:
    """Turn an annotation of a stored height x width image as its EXIF orientation turns the pixels."""
    if orientation == 1:
        return annotation
    mask_hw = rle.decode({"size": [height, width], "counts": annotation.counts})
    counts = rle.encode(np.ascontiguousarray(turned_array(mask_hw, orientation)))["counts"]
    return replace(annotation, counts=counts, bbox=_turned_box(annotation.bbox, orientation, height, width))


def turned_array(array_hw: np.ndarray, orientation: int) -> np.ndarray:
    """Turn an array as Pillow turns an image of that EXIF orientation."""
    if orientation in SIDEWAYS:
        array_hw = array_hw.T
    if orientation in (2, 3, 6, 7):
        array_hw = array_hw[:, ::-1]
    if orientation in (3, 4, 7, 8):
        array_hw = array_hw[::-1]
    return array_hw


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
