"""Masks as SVG paths along their pixels' edges, holes too, on a grid twice as fine as the picture is shown."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rehead.coco.borders import trace_loops
from rehead.coco.rle import bounding_box
from rehead.coco.windows import Window
from rehead.reporting.overlays import Object, Region, region_of

SHOWN_SIDE = 800
"""Longest side of a picture in the page, in pixels."""
GRID_SIDE = 2 * SHOWN_SIDE
"""Longest side of the grid that outlines lie on: larger pictures are off by a quarter of a shown pixel at most."""
COARSEST_SIDE = SHOWN_SIDE // 2
"""What it may come down to where outlines would fill the page: they are off by a shown pixel at most."""


@dataclass(frozen=True)
class Outline:
    """One object's outline in units of its picture's grid: an SVG path, its highest point, and its area."""

    path: str
    x: int
    y: int
    area: int


def grid_size(height: int, width: int, *, side: int = GRID_SIDE) -> tuple[int, int]:
    """Return the height and width of the grid for a picture: its own, if it has no more than `side` pixels a side."""
    scale = min(1.0, side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def outline(item: Object, height: int, width: int, *, side: int = GRID_SIDE) -> Outline:
    """Trace the mask of an annotation or a result of a height x width picture, on a grid of at most `side` units.

    What is too thin for the grid becomes its box; an empty mask has an empty path. Raises ValueError when the mask's
    size is not the picture's.
    """
    grid_h, grid_w = grid_size(height, width, side=side)
    region = region_of(item, (height, width), (grid_h, grid_w), Window(0, 0, width, height))
    if not region.inside_hw.any():
        region = _box_region(item, grid_h / height, grid_w / width)
    loops = trace_loops(region.inside_hw.astype(np.uint8))
    corners = [[(x + region.left, y + region.top) for x, y in loop] for loop in loops]
    top = min((y for loop in corners for _, y in loop), default=0)
    return Outline("".join(map(_path, corners)), region.peak, top, int(region.inside_hw.sum()))


def _path(corners: list[tuple[int, int]]) -> str:
    """Write a closed path whose sides run across and down in turn, across first."""
    steps = [f"h{x2 - x1}" if y1 == y2 else f"v{y2 - y1}" for (x1, y1), (x2, y2) in pairwise(corners)]
    return f"M{corners[0][0]} {corners[0][1]}{''.join(steps)}z"


def _box_region(item: Object, down: float, across: float) -> Region:
    x, y, width, height = bounding_box(item["segmentation"])
    size = (max(1, round(height * down)), max(1, round(width * across))) if width else (0, 0)
    return Region(int(x * across), int(y * down), np.ones(size, dtype=np.bool_))
