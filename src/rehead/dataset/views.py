"""The eight ways to look at a picture: mirrored, upside down, rows and columns swapped, in any combination.

A view moves pixels and neither mixes nor loses any, and there are few of them: so what a frozen trunk makes of an
image can be kept for each.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rehead.coco.windows import Crop


class View(NamedTuple):
    """What is done to an image CHW and its truth, in this order."""

    flip_horizontal: bool = False
    flip_vertical: bool = False
    transpose: bool = False

    @property
    def name(self) -> str:
        """Give a short name: "plain", or of "h", "v" and "t" those that are done."""
        return "".join(letter for letter, done in zip("hvt", self, strict=True) if done) or "plain"

    @property
    def inverse(self) -> "View":
        """Give the view that leads back."""
        return View(self.flip_vertical, self.flip_horizontal, True) if self.transpose else self

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Give the height and width of what is seen."""
        return (width, height) if self.transpose else (height, width)

    def image(self, image_chw: Tensor) -> Tensor:
        """Turn an image CHW, or anything that ends in HW."""
        axes = [axis for axis, flipped in ((-1, self.flip_horizontal), (-2, self.flip_vertical)) if flipped]
        turned = image_chw.flip(axes) if axes else image_chw
        return turned.transpose(-1, -2).contiguous() if self.transpose else turned

    def boxes(self, boxes_n4: Tensor, height: int, width: int) -> Tensor:
        """Turn boxes x1, y1, x2, y2 in an image of height x width."""
        x1, y1, x2, y2 = boxes_n4.unbind(dim=1)
        if self.flip_horizontal:
            x1, x2 = width - x2, width - x1
        if self.flip_vertical:
            y1, y2 = height - y2, height - y1
        return torch.stack([y1, x1, y2, x2] if self.transpose else [x1, y1, x2, y2], dim=1)

    def crop(self, crop: Crop, height: int, width: int) -> Crop:
        """Turn a mask in an image of height x width."""
        mask_hw, x, y = crop.mask_hw, crop.x, crop.y
        if self.flip_horizontal:
            mask_hw, x = mask_hw[:, ::-1], width - crop.window.right
        if self.flip_vertical:
            mask_hw, y = mask_hw[::-1], height - crop.window.bottom
        if self.transpose:
            mask_hw, x, y = mask_hw.T, y, x
        return Crop(np.ascontiguousarray(mask_hw), x, y)


PLAIN = View()
