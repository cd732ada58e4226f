"""What the outlines of objects are like: whether they touch, fall into pieces, and what a grid of cells keeps of them.

Objects are decoded inside their own boxes. "Touching" means what a connected-components count would merge: two pixels
that share a side or a corner.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rehead.coco.windows import Crop, Window

Bools = NDArray[np.bool_]


def touching(crops: Sequence[Crop]) -> Bools:
    """Tell which objects of one image and class touch or overlap another of them; shape M."""
    found = np.zeros(len(crops), np.bool_)
    for first, second in _near(crops):
        if not (found[first] and found[second]) and _meet(crops[first], crops[second]):
            found[[first, second]] = True
    return found


def pieces(mask_hw: Bools) -> int:
    """Count an object's pieces less its holes, so that a number above 1 proves more than one piece.

    The Euler number of the pixels as closed squares: corners - sides + squares.
    """
    wide = np.pad(mask_hw, 1)
    columns, rows = wide[:, 1:] | wide[:, :-1], wide[1:] | wide[:-1]
    corners = columns[1:] | columns[:-1]
    return int(corners.sum()) - int(columns.sum()) - int(rows.sum()) + int(mask_hw.sum())


def kept(mask_hw: Bools, cells: int) -> float:
    """Return the IoU of a mask with itself as a grid of `cells` x `cells` soft values, enlarged and cut at one half.

    That is about the best that a mask head of this side can do: a mean over each cell, bilinear between them.
    """
    height, width = mask_hw.shape
    whole = Image.fromarray(mask_hw.astype(np.float32))
    grid = whole.resize((cells, cells), Image.Resampling.BOX)
    drawn_hw = np.asarray(grid.resize((width, height), Image.Resampling.BILINEAR)) >= 0.5
    return float((drawn_hw & mask_hw).sum() / (drawn_hw | mask_hw).sum())


def _near(crops: Sequence[Crop]) -> Iterator[tuple[int, int]]:
    """Yield the pairs whose boxes are less than a pixel apart."""
    boxes_m4 = np.array([(c.window.x, c.window.y, c.window.right, c.window.bottom) for c in crops]).reshape(-1, 4)
    left, top, right, bottom = boxes_m4.T
    for at in range(len(crops) - 1):
        rest = slice(at + 1, None)
        near = (left[rest] <= right[at]) & (left[at] <= right[rest])
        near &= (top[rest] <= bottom[at]) & (top[at] <= bottom[rest])
        yield from ((at, at + 1 + int(other)) for other in np.flatnonzero(near))


def _meet(first: Crop, second: Crop) -> bool:
    """Grow the first by a pixel on all sides and look for a pixel of the second."""
    box = first.window
    common = Window(box.x - 1, box.y - 1, box.width + 2, box.height + 2).common(second.window)
    # Two empty pixels around the first: one for what it grows by, one for the neighbours of that.
    near, padded_hw = common.moved(1 - first.x, 1 - first.y), np.pad(first.mask_hw, 2)
    around_hw = padded_hw[near.y : near.bottom + 2, near.x : near.right + 2]
    rows = around_hw[2:] | around_hw[1:-1] | around_hw[:-2]
    grown_hw = rows[:, 2:] | rows[:, 1:-1] | rows[:, :-2]
    there = common.moved(-second.x, -second.y)
    return bool((grown_hw & second.mask_hw[there.y : there.bottom, there.x : there.right]).any())
