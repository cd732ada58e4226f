"""Masks as polygons: the exact borders of a mask along its pixels' edges."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8] | NDArray[np.bool_]

_RIGHT, _STRAIGHT, _LEFT = 1, 0, 3


def trace_borders(mask_hw: Mask, *, x: int = 0, y: int = 0) -> list[list[float]]:
    """Trace every part of a mask into a flat polygon [x1, y1, x2, y2, ...] in pixel-edge coordinates.

    The mask's upper left pixel lies at (x, y). Corners lie on whole numbers, so that the polygons cover exactly the
    mask's pixels. Pixels that touch at a corner alone are two parts. Holes have no form in a COCO polygon and are left
    out.
    """
    outer = filter(_is_outer, trace_loops(mask_hw))
    return [[float(number) for right, down in corners for number in (x + right, y + down)] for corners in outer]


def trace_loops(mask_hw: Mask) -> list[list[tuple[int, int]]]:
    """Trace every border of a mask as its corners (x, y): parts clockwise with y down, holes the other way."""
    steps = _edges(mask_hw)
    wide = mask_hw.shape[1] + 1
    return [_walk(steps, start, wide) for start in sorted(steps[0]) if start in steps[0]]


def _edges(mask_hw: Mask) -> tuple[set[int], ...]:
    """Collect the border's unit edges, clockwise, by direction east, south, west, north, as their start's index."""
    wide = mask_hw.shape[1] + 1
    padded = np.pad(mask_hw.astype(bool), 1)
    inside = padded[1:-1, 1:-1]

    def starts(neighbour_hw: NDArray[np.bool_], down: int, right: int) -> set[int]:
        y, x = np.nonzero(inside & ~neighbour_hw)
        return set(((y + down) * wide + x + right).tolist())

    above, beside = padded[:-2, 1:-1], padded[1:-1, 2:]
    below, before = padded[2:, 1:-1], padded[1:-1, :-2]
    return starts(above, 0, 0), starts(beside, 0, 1), starts(below, 1, 1), starts(before, 1, 0)


def _walk(edges: tuple[set[int], ...], start: int, wide: int) -> list[tuple[int, int]]:
    """Follow edges eastward from `start` until the loop closes, taking them out; returns its corners as (x, y)."""
    strides = (1, wide, -1, -wide)
    here, heading = start, 0
    corners = [(start % wide, start // wide)]
    while True:
        edges[heading].remove(here)
        here += strides[heading]
        turns = ((heading + turn) % 4 for turn in (_RIGHT, _STRAIGHT, _LEFT))
        onward = next((turn for turn in turns if here in edges[turn]), None)
        if onward is None:
            return corners
        if onward != heading:
            corners.append((here % wide, here // wide))
        heading = onward


def _is_outer(corners: list[tuple[int, int]]) -> bool:
    """Tell a part's border, clockwise with y down, from a hole's."""
    following = corners[1:] + corners[:1]
    return sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(corners, following, strict=True)) > 0
