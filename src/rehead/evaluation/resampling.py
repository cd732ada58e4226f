"""A mask's way into a training target and back: the loss that a mask head of R x R numbers cannot avoid.

Nothing here makes a mask of a whole image: an object costs what its own box holds.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from rehead.coco.statistics import LONGEST_TO_SHORTEST
from rehead.coco.windows import Crop, Window
from rehead.detector.mask_targets import ObjectMasks
from rehead.evaluation.pasting import paste_crop


def round_trip(
    crop: Crop,
    box_4: Tensor,
    resolutions: Sequence[int],
    *,
    height: int,
    width: int,
    seen: tuple[int, int] | None = None,
) -> list[Crop]:
    """Send a mask of a height x width image through targets of each resolution, and paste it back into that image.

    `box_4` is x1, y1, x2, y2 in pixels of the image; it must be one that RoIAlign can take. `seen` is the height and
    width that the network makes of the image, to which the mask is resized first.
    """
    own = (height, width)
    seen = seen or own
    seen_4 = box_4 * torch.tensor([seen[1] / width, seen[0] / height] * 2)
    masks, only = ObjectMasks([crop], own, seen), torch.zeros(1, dtype=torch.int64)
    targets = (masks.targets(seen_4[None], only, side)[0] for side in resolutions)
    image = Window(0, 0, width, height)
    return [_inside(paste_crop(target, box_4, own=own, seen=seen), image) for target in targets]


def _inside(crop: Crop, image: Window) -> Crop:
    """Cut off what sticks out of an image."""
    shown = crop.window.common(image)
    at = shown.moved(-crop.x, -crop.y)
    return Crop(crop.mask_hw[at.y : at.bottom, at.x : at.right], shown.x, shown.y)


def size_seen(height: int, width: int, input_size: int, *, max_size: int | None = None) -> tuple[int, int]:
    """Give the size of an image in the network: the shorter side `input_size`, the longer at most `max_size`."""
    longest = max_size or round(input_size * LONGEST_TO_SHORTEST)
    scale = min(input_size / min(height, width), longest / max(height, width))
    return max(int(height * scale), 1), max(int(width * scale), 1)
