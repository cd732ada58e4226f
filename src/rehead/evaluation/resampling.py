"""A mask's way into a training target and back: the loss that a mask head of R x R numbers cannot avoid.

Nothing here makes a mask of a whole image: an object costs what its own box holds.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torchvision.ops import roi_align

from rehead.coco.statistics import LONGEST_TO_SHORTEST
from rehead.coco.windows import Crop, Window, resized
from rehead.evaluation.prediction import paste_crop

_MARGIN = 2
"""Pixels around a box that RoIAlign may read."""


def round_trip(
    crop: Crop, box_4: Tensor, resolutions: Sequence[int], *, height: int, width: int, input_size: int | None = None
) -> list[Crop]:
    """Send a mask of a height x width image through targets of each resolution, and paste it back into that image.

    `box_4` is x1, y1, x2, y2 in pixels of the image; it must be one that RoIAlign can take. With `input_size` the mask
    is resized first, as the network's transform does.
    """
    seen_h, seen_w = height, width
    if input_size is not None:
        crop, seen_h, seen_w = seen_at(crop, height, width, input_size)
    seen_4 = box_4 * torch.tensor([seen_w / width, seen_h / height] * 2)
    patch_hw, left, top = _surroundings(crop, seen_4, seen_h, seen_w)
    roi = [(seen_4 - torch.tensor([left, top] * 2))[None]]
    targets = (roi_align(patch_hw[None, None], roi, (side, side), 1.0)[0, 0] for side in resolutions)
    image = Window(0, 0, width, height)
    own, seen = (height, width), (seen_h, seen_w)
    return [_inside(paste_crop(target, box_4, own=own, seen=seen), image) for target in targets]


def _inside(crop: Crop, image: Window) -> Crop:
    """Cut off what sticks out of an image."""
    shown = crop.window.common(image)
    at = shown.moved(-crop.x, -crop.y)
    return Crop(crop.mask_hw[at.y : at.bottom, at.x : at.right], shown.x, shown.y)


def seen_at(crop: Crop, height: int, width: int, input_size: int) -> tuple[Crop, int, int]:
    """Resize a mask to the network's input, nearest pixel as torchvision does it; returns also the image's new size.

    The shorter side becomes `input_size`, the longer at most 5/3 of it.
    """
    scale = min(input_size / min(height, width), round(input_size * LONGEST_TO_SHORTEST) / max(height, width))
    new_h, new_w = max(int(height * scale), 1), max(int(width * scale), 1)
    return resized(crop, (height, width), (new_h, new_w)), new_h, new_w


def _surroundings(crop: Crop, box_4: Tensor, height: int, width: int) -> tuple[Tensor, int, int]:
    """Cut a box's surroundings out of a height x width image that holds the mask alone; returns also their corner.

    Where they end at the image's border RoIAlign repeats the outermost pixels, as it does in training.
    """
    x1, y1, x2, y2 = box_4.tolist()
    left, top = max(int(x1) - _MARGIN, 0), max(int(y1) - _MARGIN, 0)
    right, bottom = min(int(x2) + 1 + _MARGIN, width), min(int(y2) + 1 + _MARGIN, height)
    patch_hw = np.zeros((bottom - top, right - left), dtype=np.float32)
    x, y = crop.x - left, crop.y - top
    shown_hw = crop.mask_hw[max(-y, 0) : max(bottom - top - y, 0), max(-x, 0) : max(right - left - x, 0)]
    rows, columns = shown_hw.shape
    patch_hw[max(y, 0) : max(y, 0) + rows, max(x, 0) : max(x, 0) + columns] = shown_hw
    return torch.from_numpy(patch_hw), left, top
