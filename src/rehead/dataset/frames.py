"""Pictures scaled, cut and set on a canvas, with their truth: what is left of a mask says what is left of an object.

Masks stay inside their own boxes; nothing here makes one of a whole image.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2 import functional

from rehead.coco.windows import Crop, Window, pixels_seen
from rehead.dataset.split import Sample

KEPT_SHARE = 0.1
"""An object stays where at least this share of its pixels can still be seen."""
_LEAST = 2
"""Pixels of a side that a picture shrinks to at most: torch does not resize bytes to a single pixel."""
_GROUND = [0.485, 0.456, 0.406]
"""What the network turns into 0, as which it also sees the rim of a batch's smaller images."""


@dataclass(frozen=True)
class Frame:
    """What is taken from a picture and where it goes: `source` fills `target` on a canvas of height x width."""

    source: Window
    target: Window
    height: int
    width: int

    def image(self, image_chw: Tensor) -> Tensor:
        """Frame an image CHW, float 0..1; smoothed where it shrinks."""
        taken, given = self.source, self.target
        image_chw = functional.crop(image_chw, taken.y, taken.x, taken.height, taken.width)
        if (taken.height, taken.width) != (given.height, given.width):
            # As bytes, which an image comes from anyway: its resizing as float takes two to four times as long.
            image_chw = functional.to_dtype(image_chw, torch.uint8, scale=True)
            image_chw = functional.resize(image_chw, [given.height, given.width], antialias=True)
            image_chw = functional.to_dtype(image_chw, torch.float32, scale=True)
        rims = [given.x, given.y, self.width - given.right, self.height - given.bottom]
        return functional.pad(image_chw, rims, fill=_GROUND) if any(rims) else image_chw.contiguous()

    def crop(self, crop: Crop) -> Crop | None:
        """Frame a mask; None where less than KEPT_SHARE of it is within the source, or no pixel is left."""
        if pixels_seen(self.source, crop) < max(KEPT_SHARE * crop.mask_hw.sum(), 1):
            return None
        taken, given = self.source, self.target
        y, rows = _picked(crop.y - taken.y, crop.mask_hw.shape[0], taken.height, given.height)
        x, columns = _picked(crop.x - taken.x, crop.mask_hw.shape[1], taken.width, given.width)
        return tightened(Crop(crop.mask_hw[np.ix_(rows, columns)], given.x + x, given.y + y))


def framed(sample: Sample, frame: Frame) -> Sample:
    """Show a sample as a frame says, without the objects of which too little is left."""
    crops = [frame.crop(crop) for crop in sample.crops]
    image_chw = frame.image(sample.image_chw)
    return with_crops(replace(sample, image_chw=image_chw, size_hw=(frame.height, frame.width)), crops)


def with_crops(sample: Sample, crops: list[Crop | None]) -> Sample:
    """Give the objects of a sample other masks, and the boxes of these; those that have None are dropped."""
    kept = [at for at, crop in enumerate(crops) if crop is not None]
    left = tuple(crop for crop in crops if crop is not None)
    corners = [(crop.x, crop.y, crop.window.right, crop.window.bottom) for crop in left]
    boxes = torch.tensor(corners, dtype=torch.float32).reshape(-1, 4)
    return replace(sample, boxes_n4=boxes, labels_n=sample.labels_n[kept], crops=left)


def tightened(crop: Crop) -> Crop | None:
    """Cut a mask to the box of its pixels; None where it has none."""
    rows, columns = (np.flatnonzero(crop.mask_hw.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    mask_hw = crop.mask_hw[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Crop(np.ascontiguousarray(mask_hw), crop.x + int(columns[0]), crop.y + int(rows[0]))


def scaling(
    own_hw: tuple[int, int],
    canvas_hw: tuple[int, int],
    factor: float,
    *,
    rng: np.random.Generator,
    around: Window | None = None,
) -> Frame:
    """Scale a picture by `factor` and lay it on a canvas, at a place that chance chooses.

    Of a side that becomes longer than the canvas a part is shown, with as much of `around` on it as fits.
    """
    spans = [(around.y, around.bottom), (around.x, around.right)] if around else [None, None]
    (y, tall, down, high), (x, wide, right, long) = (
        _laid(own, canvas, factor, rng=rng, around=span)
        for own, canvas, span in zip(own_hw, canvas_hw, spans, strict=True)
    )
    return Frame(Window(x, y, wide, tall), Window(right, down, long, high), *canvas_hw)


def cutting(
    own_hw: tuple[int, int], shares: tuple[float, float], *, rng: np.random.Generator, around: Window | None = None
) -> Frame:
    """Cut a part out of a picture, as it is: its height and width are these shares of the picture's."""
    height, width = (max(round(side * share), 1) for side, share in zip(own_hw, shares, strict=True))
    return scaling(own_hw, (height, width), 1.0, rng=rng, around=around)


def _laid(
    own: int, canvas: int, factor: float, *, rng: np.random.Generator, around: tuple[int, int] | None
) -> tuple[int, int, int, int]:
    """Lay one side of a picture on one of a canvas: start and length of what is taken, and of where it goes."""
    scaled = max(round(own * factor), _LEAST)
    if scaled <= canvas:
        return 0, own, int(rng.integers(canvas - scaled + 1)), scaled
    length = min(max(round(canvas / factor), 1), own)
    low, high = 0, own - length
    if around:
        nearest, furthest = sorted((around[0], around[1] - length))
        low, high = max(low, nearest), min(high, furthest)
    return int(rng.integers(low, high + 1)), length, 0, canvas


def _picked(start: int, length: int, side: int, new_side: int) -> tuple[int, NDArray[np.int64]]:
    """Name the crop's lines that remain along one axis, and where the first of them comes to lie.

    Each new pixel takes the one under its centre, so masks stay where the picture's own resizing leaves their objects.
    """
    source = ((np.arange(new_side) + 0.5) * (side / new_side)).astype(np.int64)
    first, end = np.searchsorted(source, [start, start + length])
    return int(first), source[first:end] - start
