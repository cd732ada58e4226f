"""Windows on images: the regular grid of overlapping tiles, and what of a mask can be seen through a window.

Masks are decoded inside their own box alone; nothing here makes one of a whole image.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehead.coco.counts import counts_from_string
from rehead.coco.plan import TilePlan
from rehead.coco.rle import Rle, bounding_box, crop_to_rle


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of whole pixels: its upper left corner and its size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Give the first column behind it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Give the first row below it."""
        return self.y + self.height

    def common(self, other: "Window") -> "Window":
        """Give what both cover; its width or height is 0 where they do not meet."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Window(x, y, max(right - x, 0), max(bottom - y, 0))

    def meets(self, other: "Window") -> bool:
        """Tell whether they share a pixel."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def moved(self, x: int, y: int) -> "Window":
        """Shift it by x, y."""
        return Window(self.x + x, self.y + y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Crop:
    """A mask inside its tight box, whose upper left pixel lies at x, y."""

    mask_hw: NDArray[np.bool_]
    x: int
    y: int

    @property
    def window(self) -> Window:
        """Give its box."""
        return Window(self.x, self.y, self.mask_hw.shape[1], self.mask_hw.shape[0])


def grid(width: int, height: int, plan: TilePlan | None) -> list[Window]:
    """Cover an image with tiles of one size, row by row; one window, the image, if no side is longer than a tile.

    Neighbours share at least `plan.overlap` of a tile, all of them alike within one pixel, and the last tile ends with
    the image. Where one side of the image is shorter than a tile, so is that side of its tiles.
    """
    if plan is None:
        return [Window(0, 0, width, height)]
    across, down = min(plan.size, width), min(plan.size, height)
    return [Window(x, y, across, down) for y in _starts(height, plan) for x in _starts(width, plan)]


def crop_of(mask: Rle) -> Crop:
    """Decode a mask inside its box; no columns and no rows where it is empty."""
    x, y, width, height = (int(value) for value in bounding_box(mask))
    rows = mask["size"][0]
    ends = np.cumsum(counts_from_string(mask["counts"]))
    runs = np.diff(np.clip(ends, x * rows, (x + width) * rows), prepend=x * rows)
    columns = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(width, rows)
    return Crop(columns[:, y : y + height].T, x, y)


def seen_through(window: Window, crop: Crop) -> Rle:
    """Encode what a window shows of a mask, in the window's own pixels; the window may reach beyond the image."""
    return crop_to_rle(crop.mask_hw, crop.x - window.x, crop.y - window.y, window.height, window.width)


def pixels_seen(window: Window, crop: Crop) -> int:
    """Count the pixels of a mask that a window shows."""
    seen = window.common(crop.window).moved(-crop.x, -crop.y)
    return int(crop.mask_hw[seen.y : seen.bottom, seen.x : seen.right].sum())


def resized(crop: Crop, own_hw: tuple[int, int], new_hw: tuple[int, int]) -> Crop:
    """Resize the image that a mask lies in, nearest pixel as torch's interpolate picks it; no pixel may remain."""
    y, rows = _picked(crop.y, crop.mask_hw.shape[0], own_hw[0], new_hw[0])
    x, columns = _picked(crop.x, crop.mask_hw.shape[1], own_hw[1], new_hw[1])
    return Crop(crop.mask_hw[np.ix_(rows, columns)], x, y)


def nearest_lines(side: int, new_side: int) -> NDArray[np.int64]:
    """Name the line of `side` that each of `new_side` lines repeats when torch's interpolate resizes to the nearest."""
    steps = np.arange(new_side, dtype=np.float32) * np.float32(side / new_side)
    return np.minimum(steps.astype(np.int64), side - 1)


def _picked(start: int, length: int, side: int, new_side: int) -> tuple[int, NDArray[np.int64]]:
    """Name the crop's lines that remain along one axis, and where the first of them comes to lie."""
    source = nearest_lines(side, new_side)
    first, end = np.searchsorted(source, [start, start + length])
    return int(first), source[first:end] - start


def _starts(side: int, plan: TilePlan) -> list[int]:
    """Place tiles along one side."""
    rest = side - plan.size
    if rest <= 0:
        return [0]
    steps = -(-rest // (plan.size - math.ceil(plan.size * plan.overlap)))
    return [rest * step // steps for step in range(steps + 1)]
