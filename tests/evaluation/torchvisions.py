"""torchvision's way to paste masks, by the same interpolation: other boxes are all the difference."""

import torch
from torch import Tensor
from torchvision.models.detection.roi_heads import expand_boxes, expand_masks

from rehead.coco.rle import Rle
from rehead.evaluation.pasting import paste_masks


def paste_as_torchvision(masks_kmm: Tensor, boxes_k4: Tensor, *, height: int, width: int) -> list[Rle]:
    """Paste as `paste_masks_in_image` does: masks framed by zeros, boxes grown alike and cut to whole pixels.

    It reads pixels at their middle, and adds one to each side's length.
    """
    masks, scale = expand_masks(masks_kmm[:, None], padding=1)
    whole_k4 = expand_boxes(boxes_k4, scale).to(torch.int64)
    sides_k2 = (whole_k4[:, 2:] - whole_k4[:, :2] + 1).clamp(min=1)
    corners_k2 = whole_k4[:, :2] - 0.5
    return paste_masks(masks[:, 0], torch.cat([corners_k2, corners_k2 + sides_k2], dim=1), height=height, width=width)
