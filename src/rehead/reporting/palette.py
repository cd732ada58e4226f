"""Colours told apart by colour-blind readers, and the font that pictures are labelled with.

The first seven are the qualitative set of Okabe and Ito (2008), without black; tints and shades of them follow.
"""

from functools import lru_cache
from pathlib import Path

import matplotlib
from PIL import ImageFont

Colour = tuple[int, int, int]

BOX_COLOUR = "#0072B2"
MASK_COLOUR = "#D55E00"
CROWD: Colour = (170, 170, 170)

_SEVEN: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (213, 94, 0),
    (204, 121, 167),
    (0, 114, 178),
)
_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (0, 0, 0)


def _mixed(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


_COLOURS = (*_SEVEN, *(_mixed(c, _WHITE, 0.5) for c in _SEVEN), *(_mixed(c, _BLACK, 0.35) for c in _SEVEN))


def colour(index: int) -> Colour:
    """Return the colour of the class or object at `index` (from 0); repeats after 21."""
    return _COLOURS[index % len(_COLOURS)]


def ink_on(background: Colour) -> Colour:
    """Return black or white, whichever reads better on `background` (relative luminance of WCAG 2)."""
    linear = [(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in background]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return _BLACK if luminance > 0.179 else _WHITE


def as_hex(value: Colour) -> str:
    """Write a colour the way CSS reads it."""
    return "#" + "".join(f"{part:02x}" for part in value)


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont:
    """Load DejaVu Sans at `size` pixels: it ships with matplotlib and covers Latin, Greek and Cyrillic names."""
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")), size)
