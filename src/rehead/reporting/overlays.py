"""Objects drawn on their picture: thin outlines, a light fill, and a chip with class and score for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from rehead.coco import rle
from rehead.reporting import chips, palette

Pixels = npt.NDArray[np.uint8]
Object = Mapping[str, Any]

SMALLEST_SIDE = 480
LARGEST_SIDE = 960
_FILL = 0.24
_HALO = 0.65
_MOST_LABELLED = 40


@dataclass(frozen=True)
class Region:
    """One object on the enlarged picture: where its crop begins, and which of the crop's pixels are its own."""

    left: int
    top: int
    inside_hw: npt.NDArray[np.bool_]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The crop as (left, top, right, bottom) in pixels of the enlarged picture."""
        height, width = self.inside_hw.shape
        return self.left, self.top, self.left + width, self.top + height

    @property
    def peak(self) -> int:
        """The x of the object's highest point, or of its crop's middle where it has no pixel."""
        rows, columns = np.nonzero(self.inside_hw)
        return self.left + (int(columns[rows == rows.min()].mean()) if rows.size else self.inside_hw.shape[1] // 2)


def draw_objects(
    image_hw3: Pixels,
    objects: Sequence[Object],
    names: Mapping[int, str],
    *,
    smallest: int = SMALLEST_SIDE,
    largest: int = LARGEST_SIDE,
) -> Pixels:
    """Draw COCO annotations or results on an RGB picture.

    The picture's longer side is brought between `smallest` and `largest` pixels, so that labels stay readable on small
    pictures. Colours tell classes apart, or objects where `names` (category id to name) holds one class. Chips carry
    class and score, as many as leave the picture visible, and none above 40 objects.
    Returns RGB uint8, scaled. Raises ValueError when a mask's size is not the picture's.
    """
    scale = display_scale(image_hw3.shape[0], image_hw3.shape[1], smallest=smallest, largest=largest)
    canvas = _enlarged(image_hw3, scale)
    colours = [_colour_of(item, index, names) for index, item in enumerate(objects)]
    regions = [_region(item, image_hw3.shape, canvas.shape, scale) for item in objects]
    line = max(2, round(max(canvas.shape[:2]) / 280))
    for index in sorted(range(len(objects)), key=lambda i: -regions[i].inside_hw.sum()):
        _paint(canvas, regions[index], colours[index], line=line)
    if len(objects) > _MOST_LABELLED:
        return canvas
    labels = [
        chips.Label(region.box, region.peak, _caption(item, names), tint)
        for item, region, tint in zip(objects, regions, colours, strict=True)
        if _caption(item, names)
    ]
    return chips.draw_chips(canvas, labels)


def display_scale(height: int, width: int, *, smallest: int = SMALLEST_SIDE, largest: int = LARGEST_SIDE) -> float:
    """Return the factor that makes a picture readable: a whole number when it grows, a fraction when it shrinks."""
    side = max(height, width)
    if side < smallest:
        return float(-(-smallest // side))
    return min(1.0, largest / side)


def _enlarged(image_hw3: Pixels, scale: float) -> Pixels:
    height, width = image_hw3.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resample = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.LANCZOS
    return np.array(Image.fromarray(image_hw3).resize(size, resample))


def _region(item: Object, source: tuple[int, ...], target: tuple[int, ...], scale: float) -> Region:
    """Cut an object's mask to its box, two pixels wider for the outline, and scale it smoothly."""
    mask = rle.decode(item["segmentation"])
    if mask.shape != source[:2]:
        raise ValueError(f"a mask of {mask.shape} (height, width) does not fit a picture of {source[:2]}: wrong image?")
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return Region(0, 0, np.zeros((0, 0), dtype=np.bool_))
    pad = 2 / scale + 2
    left, top = (max(0, int((first - pad) * scale)) for first in (columns[0], rows[0]))
    right = min(target[1], int((columns[-1] + 1 + pad) * scale))
    bottom = min(target[0], int((rows[-1] + 1 + pad) * scale))
    across, down = source[1] / target[1], source[0] / target[0]
    soft = Image.fromarray(mask * 255).resize(
        (right - left, bottom - top),
        Image.Resampling.BILINEAR,
        box=(left * across, top * down, right * across, bottom * down),
    )
    return Region(left, top, np.array(soft) >= 128)


def _paint(canvas: Pixels, region: Region, tint: palette.Colour, *, line: int) -> None:
    """Blend the fill, the outline inside the edge, and outside it a hair line that sets it off from any ground."""
    if not region.inside_hw.size:
        return
    left, top, right, bottom = region.box
    window = canvas[top:bottom, left:right]
    inside = region.inside_hw
    whole = Image.fromarray(inside.astype(np.uint8) * 255)
    core = np.array(whole.filter(ImageFilter.MinFilter(2 * line + 1))) > 0
    rim = (np.array(whole.filter(ImageFilter.MaxFilter(3))) > 0) & ~inside
    _blend(window, inside & core, tint, _FILL)
    _blend(window, inside & ~core, tint, 1.0)
    _blend(window, rim, palette.ink_on(tint), _HALO)


def _blend(window: Pixels, where: npt.NDArray[np.bool_], tint: palette.Colour, share: float) -> None:
    mixed = window[where] * (1 - share) + np.array(tint, dtype=np.float32) * share
    window[where] = np.rint(mixed).astype(np.uint8)


def _colour_of(item: Object, index: int, names: Mapping[int, str]) -> palette.Colour:
    if item.get("iscrowd"):
        return palette.CROWD
    return palette.colour(index if len(names) == 1 else class_position(item["category_id"], names))


def class_position(category_id: int, names: Mapping[int, str]) -> int:
    """Return where a class stands in the order of ids: the index of its colour."""
    return sorted(names).index(category_id)


def _caption(item: Object, names: Mapping[int, str]) -> str:
    """Write class and score; with a single class its name says nothing, so the score stands alone."""
    words = [] if len(names) == 1 else [names[item["category_id"]]]
    if item.get("iscrowd"):
        words.append("crowd")
    if "score" in item:
        words.append(f"{item['score']:.2f}")
    return " ".join(words)
