"""Labels on a picture: small filled rectangles that stay inside it and keep clear of each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from rehead.reporting import palette

Box = tuple[int, int, int, int]

_LONGEST = 28
_MOST_COVERED = 0.15
"""Share of the picture that chips may hide, and share of a chip that may lie under others."""


@dataclass(frozen=True)
class Label:
    """A text for the object inside `box` (left, top, right, bottom in pixels), whose highest point is at `peak` (x)."""

    box: Box
    peak: int
    text: str
    colour: palette.Colour


def draw_chips(canvas_hw3: npt.NDArray[np.uint8], labels: Sequence[Label]) -> npt.NDArray[np.uint8]:
    """Write labels beside their objects, those of large objects first; returns a new RGB picture.

    On a crowded picture small objects go without: chips hide at most 15 % of it, and hardly one another.
    """
    height, width = canvas_hw3.shape[:2]
    letters = palette.font(max(14, round(max(height, width) * 0.04)))
    picture = Image.fromarray(canvas_hw3)
    brush = ImageDraw.Draw(picture)
    taken: list[Box] = []
    for label in sorted(labels, key=lambda one: -_overlap(one.box, one.box)):
        text = fit_text(label.text, width - 12, size=int(letters.size))
        wide = round(letters.getlength(text)) + 10
        high = round(letters.size * 1.3)
        spot = place_chip(label.box, label.peak, (wide, high), (width, height), taken)
        covered = sum(_overlap(spot, other) for other in taken)
        hidden = wide * high + sum(_overlap(other, other) for other in taken)
        if covered > _MOST_COVERED * wide * high or (taken and hidden > _MOST_COVERED * width * height):
            continue
        taken.append(spot)
        brush.rounded_rectangle(spot, radius=4, fill=label.colour, outline=(0, 0, 0))
        middle = (spot[1] + spot[3]) / 2
        brush.text((spot[0] + 5, middle), text, font=letters, fill=palette.ink_on(label.colour), anchor="lm")
    return np.array(picture)


def fit_text(text: str, width: int, *, size: int) -> str:
    """Shorten a text with an ellipsis until it is at most 28 letters and fits `width` pixels at `size`.

    A score behind the last space is kept whole.
    """
    name, gap, score = text.rpartition(" ") if text[-1:].isdigit() else (text, "", "")
    kept = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    letters = palette.font(size)
    while len(kept) > 1 and letters.getlength(kept + gap + score) > width:
        kept = kept.rstrip("…")[:-1] + "…"
    return kept + gap + score


def place_chip(around: Box, peak: int, chip: tuple[int, int], picture: tuple[int, int], taken: Sequence[Box]) -> Box:
    """Choose a spot for a chip near a box, clamped into the picture, that hardly overlaps the chips already placed.

    `chip` and `picture` are (width, height). Above the object's highest point, `peak` (x), is the first choice; each
    later one must save a twentieth of the chip's area in overlap.
    """
    left, top, right, bottom = around
    rows = (top - chip[1], bottom, top, bottom - chip[1], (top + bottom - chip[1]) // 2)
    columns = (peak - chip[0] // 2, left, right - chip[0])
    spots = [
        (min(max(x, 0), max(0, picture[0] - chip[0] - 1)), min(max(y, 0), max(0, picture[1] - chip[1] - 1)))
        for y, x in product(rows, columns)
    ]
    boxes = [(x, y, x + chip[0], y + chip[1]) for x, y in spots]
    late = chip[0] * chip[1] / 20
    costs = [sum(_overlap(box, other) for other in taken) + late * rank for rank, box in enumerate(boxes)]
    return boxes[costs.index(min(costs))]


def _overlap(one: Box, other: Box) -> int:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(0, wide) * max(0, high)
