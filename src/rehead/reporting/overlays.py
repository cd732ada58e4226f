"""Objects drawn on their picture: thin outlines, a light fill, and a chip with class and score for each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from rehead.coco.windows import Window, crop_of
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
    height, width = image_hw3.shape[:2]
    scale = display_scale(height, width, smallest=smallest, largest=largest)
    canvas, regions = outline_objects(image_hw3, objects, names, view=Window(0, 0, width, height), scale=scale)
    if len(objects) > _MOST_LABELLED:
        return canvas
    labels = [
        chips.Label(region.box, region.peak, _caption(item, names), _colour_of(item, index, names))
        for index, (item, region) in enumerate(zip(objects, regions, strict=True))
        if _caption(item, names)
    ]
    return chips.draw_chips(canvas, labels)


def outline_objects(
    image_hw3: Pixels, objects: Sequence[Object], names: Mapping[int, str], *, view: Window, scale: float
) -> tuple[Pixels, list[Region]]:
    """Scale what `view` shows of a picture, and outline the objects in it, large ones first, without labels.

    Returns RGB uint8, and where each object lies on it. Raises ValueError when a mask's size is not the picture's.
    """
    canvas = scaled(image_hw3[view.y : view.bottom, view.x : view.right], scale)
    regions = [region_of(item, image_hw3.shape, canvas.shape, view) for item in objects]
    line = max(2, round(max(canvas.shape[:2]) / 280))
    for index in sorted(range(len(objects)), key=lambda i: -regions[i].inside_hw.sum()):
        _paint(canvas, regions[index], _colour_of(objects[index], index, names), line=line)
    return canvas, regions


def display_scale(height: int, width: int, *, smallest: int = SMALLEST_SIDE, largest: int = LARGEST_SIDE) -> float:
    """Return the factor that makes a picture readable: a whole number when it grows, a fraction when it shrinks."""
    side = max(height, width)
    if side < smallest:
        return float(-(-smallest // side))
    return min(1.0, largest / side)


def scaled(image_hw3: Pixels, scale: float) -> Pixels:
    """Resize an RGB picture smoothly; no side becomes shorter than a pixel."""
    height, width = image_hw3.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resample = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.LANCZOS
    return np.array(Image.fromarray(image_hw3).resize(size, resample))


def region_of(item: Object, source: tuple[int, ...], target: tuple[int, ...], view: Window) -> Region:
    """Scale an object's mask smoothly, within its box and two pixels more for the outline.

    `source` is the (height, width) of its picture, `target` that of what shows the `view` of it. Raises ValueError when
    the mask's size is not the picture's.
    """
    if tuple(item["segmentation"]["size"]) != source[:2]:
        size = item["segmentation"]["size"]
        raise ValueError(f"a mask of {size} (height, width) does not fit a picture of {source[:2]}: wrong image?")
    crop = crop_of(item["segmentation"])
    across, down = view.width / target[1], view.height / target[0]
    pad = math.ceil(2 * max(across, down) + 2)
    near = crop.window.moved(-view.x - pad, -view.y - pad)
    left, top = max(0, math.ceil(near.x / across)), max(0, math.ceil(near.y / down))
    right = min(target[1], math.floor((near.right + 2 * pad) / across))
    bottom = min(target[0], math.floor((near.bottom + 2 * pad) / down))
    if not crop.mask_hw.size or right <= left or bottom <= top:
        return Region(0, 0, np.zeros((0, 0), dtype=np.bool_))
    padded = np.pad(crop.mask_hw, pad)
    edges = (left * across - near.x, top * down - near.y, right * across - near.x, bottom * down - near.y)
    limits = padded.shape[1], padded.shape[0]
    box = tuple(min(max(0.0, edge), limits[at % 2]) for at, edge in enumerate(edges))  # rounding may stick out a hair
    soft = Image.fromarray(padded.astype(np.uint8) * 255).resize(
        (right - left, bottom - top), Image.Resampling.BILINEAR, box=box
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
