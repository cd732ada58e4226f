"""Operators and poolers that are wrong in one way each, for the checks to find."""

from functools import partial

import torch
from torch import Tensor
from torchvision.ops import MultiScaleRoIAlign, roi_align

ONE_LEVEL_WRONG = partial(MultiScaleRoIAlign, canonical_level=5)


def half_a_pixel_off(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    moved = rois + torch.tensor([0, 0.5, 0.5, 0.5, 0.5], dtype=rois.dtype) / scale
    return roi_align(features, moved, size, scale, samples, aligned)


def clamping_at_the_border(
    features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool
) -> Tensor:
    """Read the edge for samples at any distance outside, where the native operator reads zero."""
    room = 24
    wide = torch.nn.functional.pad(features, (room, room, room, room), mode="replicate")
    shift = torch.tensor([0, room, room, room, room], dtype=rois.dtype) / scale
    return roi_align(wide, rois + shift, size, scale, samples, aligned)


def without_gradient(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    return roi_align(features.detach(), rois, size, scale, samples, aligned) + 0 * features.sum()


def swapping_axes(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    return roi_align(features, rois, size, scale, samples, aligned).transpose(2, 3)


def giving_nan(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    pooled = roi_align(features, rois, size, scale, samples, aligned)
    return torch.where(torch.arange(len(pooled))[:, None, None, None] == 3, torch.nan, pooled)


def never_the_same(features: Tensor, rois: Tensor, size: int, scale: float, samples: int, aligned: bool) -> Tensor:
    # One of 84,000 factors that float32 tells apart, so that two of them are hardly ever the same.
    return roi_align(features, rois, size, scale, samples, aligned) * (1 + 0.01 * torch.rand(()))
