"""What two overlapping tiles saw in the pixels that they share.

There, and only there, both can see the same: an object has the same mask in both, wherever either tile cut it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as native

from rehead.coco.rle import Rle, area, bounding_box
from rehead.coco.windows import Window, crop_of, seen_through
from rehead.evaluation.detections import Detections

NEAR = 2
"""Pixels from its tile's border within which a mask counts as cut: masks end a little early there."""


@dataclass(frozen=True)
class View:
    """What was found in one window of an image, in the window's own pixels."""

    window: Window
    found: Detections


@dataclass(frozen=True, eq=False)
class Part:
    """One detection of one tile: its box and its mask's bounds in pixels of the image, its mask in those of the tile.

    `cut` says that it ends at a border of the tile which is none of the image.
    """

    tile: Window
    label: int
    score: float
    box_4: NDArray[np.float32]
    mask: Rle
    bounds: Window
    area: int
    cut: bool


@dataclass(frozen=True)
class Link:
    """Two parts of one class: IoU of their pixels that both tiles can see, and the share of each in the other."""

    first: Part
    second: Part
    iou: float
    first_inside: float
    second_inside: float


def parts_of(view: View, *, height: int, width: int) -> list[Part]:
    """List a tile's detections, placed in their height x width image."""
    tile, found = view.window, view.found
    shift_4 = np.array([tile.x, tile.y] * 2, np.float32)
    columns = zip(found.labels_n.tolist(), found.scores_n.tolist(), found.boxes_n4 + shift_4, found.masks, strict=True)
    parts = []
    for label, score, box_4, mask in columns:
        x, y, w, h = (int(value) for value in bounding_box(mask))
        bounds = Window(x + tile.x, y + tile.y, w, h)
        cut = (
            0 < tile.x > bounds.x - NEAR
            or 0 < tile.y > bounds.y - NEAR
            or width > tile.right < bounds.right + NEAR
            or height > tile.bottom < bounds.bottom + NEAR
        )
        parts.append(Part(tile, label, score, box_4, mask, bounds, area(mask), cut))
    return parts


def links_between(firsts: Sequence[Part], seconds: Sequence[Part]) -> Iterator[Link]:
    """Yield the pairs of one class that meet; `firsts` are the parts of one tile, `seconds` those of another."""
    if not firsts or not seconds:
        return
    shared = firsts[0].tile.common(seconds[0].tile)
    firsts, seconds = ([part for part in parts if part.bounds.meets(shared)] for parts in (firsts, seconds))
    if not firsts or not seconds:
        return
    first_masks, second_masks = ([_shown(part, shared) for part in parts] for parts in (firsts, seconds))
    ious = native.iou(first_masks, second_masks, [0] * len(seconds))
    inside = native.iou(first_masks, second_masks, [1] * len(seconds))  # COCO's rule for crowds: common over first
    for row, column in zip(*np.nonzero(ious), strict=True):
        first, second = firsts[row], seconds[column]
        if first.label == second.label:
            common = float(inside[row, column]) * area(first_masks[row])
            yield Link(first, second, float(ious[row, column]), common / first.area, common / second.area)


def _shown(part: Part, window: Window) -> Rle:
    return seen_through(window.moved(-part.tile.x, -part.tile.y), crop_of(part.mask))
