"""What a dataset says about the task that it was made for."""

from collections.abc import Mapping
from dataclasses import dataclass

CELLS = (28, 56)
"""Sides of the mask that Mask R-CNN's head puts out, and of the next finer one."""
POOR = 0.95
"""The strictest IoU that COCO's AP asks for."""


@dataclass(frozen=True)
class Outlines:
    """What some images showed.

    `touching` is the share of objects that touch or overlap another of their class, `broken` of those in several
    pieces, `covered` the part of the median image that lies below a mask. `kept` is the mean IoU of an outline with
    itself as a grid, by cells a side; `poor` the share of objects below 0.95 at 28 cells.
    """

    images: int
    objects: int
    touching: float
    broken: float
    covered: float
    kept: Mapping[int, float]
    poor: float


@dataclass(frozen=True)
class Evidence:
    """A dataset as far as it tells of its task; `most` is the number of objects in the fullest image.

    `stuff` are those of the classes that have no number. `single` says that no image holds two objects of one class,
    `panoptic` that the file is in COCO's panoptic format, which marks stuff itself. `covered` is the part of the median
    image that is labelled. `outlines` is None where no masks were read.
    """

    images: int
    objects: int
    classes: tuple[str, ...]
    stuff: tuple[str, ...]
    crowds: int
    most: int
    single: bool
    covered: float
    panoptic: bool = False
    outlines: Outlines | None = None
