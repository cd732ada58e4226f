"""Points in boxes: which are uncertain, and what maps hold there. A point is (x, y), from 0 to 1 over its box."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

_OVERSAMPLING, _UNCERTAIN_SHARE = 3, 0.75


@dataclass(frozen=True)
class FineMaps:
    """The finest feature map of a batch of images, and the boxes of each, (x1, y1, x2, y2) in pixels of the image."""

    map_nchw: Tensor
    boxes: Sequence[Tensor]
    stride: int

    def at(self, points_np2: Tensor) -> Tensor:
        """Read the map at points of the boxes, in the boxes' order; returns N,P,C."""
        corners_n4 = torch.cat(list(self.boxes)).to(points_np2.dtype)
        sides_n2 = corners_n4[:, 2:] - corners_n4[:, :2]
        height, width = (side * self.stride for side in self.map_nchw.shape[-2:])
        in_image = corners_n4[:, None, :2] + points_np2 * sides_n2[:, None]
        in_map = in_image / in_image.new_tensor([width, height])
        counts = [len(boxes) for boxes in self.boxes]
        read = [self.map_nchw.new_zeros(0, points_np2.shape[1], self.map_nchw.shape[1])]
        read += [
            sample_maps(features[None], points.flatten(0, 1)[None])[0].unflatten(0, points.shape[:2])
            for features, points in zip(self.map_nchw, in_map.split(counts), strict=True)
            if len(points)
        ]
        return torch.cat(read)


def sample_maps(maps_nchw: Tensor, points_np2: Tensor) -> Tensor:
    """Read maps bilinearly between the centres of their pixels, beyond the outermost centres as there; N,P,C."""
    grid = (points_np2 * 2 - 1)[:, :, None]
    read = functional.grid_sample(maps_nchw.to(grid.dtype), grid, padding_mode="border", align_corners=False)
    return read[..., 0].mT


def uncertain_points(
    logits_n1mm: Tensor, *, count: int, images: Sequence[tuple[int, torch.Generator | None]] | None = None
) -> Tensor:
    """Draw `count` points a box: of three times as many, the least certain ones, and a quarter anywhere; N,P,2.

    `images` tells how many boxes each image has, and by what their points are drawn; without it all are drawn as one.
    """
    uncertain = round(count * _UNCERTAIN_SHARE)
    candidates, anywhere = count * _OVERSAMPLING, count - uncertain
    numbers = [
        torch.rand(boxes, candidates + anywhere, 2, generator=generator, device=logits_n1mm.device)
        for boxes, generator in images or [(len(logits_n1mm), None)]
    ]
    drawn, others = torch.cat(numbers).split([candidates, anywhere], dim=1)
    doubt = -sample_maps(logits_n1mm, drawn)[..., 0].abs()
    chosen = doubt.topk(uncertain, dim=1).indices[..., None].expand(-1, -1, 2)
    return torch.cat([drawn.gather(1, chosen), others], dim=1)


def uncertain_cells(logits_n1mm: Tensor, *, count: int) -> Tensor:
    """Give the `count` pixels of each mask whose logits are nearest to zero, as indices N,P into M*M."""
    return (-logits_n1mm.abs()).flatten(1).topk(count, dim=1).indices


def points_of(cells_np: Tensor, *, side: int) -> Tensor:
    """Give the centres of pixels of a mask of `side` x `side`; N,P,2."""
    return (torch.stack([cells_np % side, cells_np // side], dim=-1) + 0.5) / side
