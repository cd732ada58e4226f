"""Mask targets drawn inside their RoIs: no mask of a whole image exists, neither at its own size nor at the network's.

A target is what torchvision makes of a full-size mask: the mask resized to the network's input by the nearest pixel,
then read by RoIAlign (`aligned=False`, as many samples as a bin has pixels). Both act on rows and on columns alone, so
a target is W_y mask W_x' with two small matrices of weights, and the mask is needed inside its own box only. What an
object costs is the size of its box, whatever the size of the image.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rehead.coco.windows import Crop, nearest_lines

_CHUNK_NUMBERS = 2**21
"""Floats that weights or masks of one pass may take: 8 MiB."""
_ROWS, _COLUMNS = 0, 1


class ObjectMasks:
    """The masks of one image's objects, each inside its own box; stands where torchvision has a tensor N,H,W."""

    def __init__(self, crops: Sequence[Crop], own_hw: tuple[int, int], seen_hw: tuple[int, int]) -> None:
        """Take masks in pixels of an image of height and width `own_hw` that the network sees as `seen_hw`."""
        self.crops = tuple(crops)
        self.seen_hw = seen_hw
        self._sources = [nearest_lines(own, seen) for own, seen in zip(own_hw, seen_hw, strict=True)]
        starts_n2 = np.array([(crop.y, crop.x) for crop in self.crops], dtype=np.int64).reshape(-1, 2)
        sizes_n2 = np.array([crop.mask_hw.shape for crop in self.crops], dtype=np.int64).reshape(-1, 2)
        firsts, ends = (
            np.stack([np.searchsorted(*pair) for pair in zip(self._sources, places_n2.T, strict=True)], axis=1)
            for places_n2 in (starts_n2, starts_n2 + sizes_n2)
        )
        self._firsts_n2, self._counts_n2 = firsts, ends - firsts
        self._starts_n2, self._sizes_n2 = starts_n2, sizes_n2
        self._pixels: dict[torch.device, tuple[Tensor, ...]] = {}

    def __len__(self) -> int:
        """Count objects."""
        return len(self.crops)

    def seen(self, number: int) -> Crop:
        """Give an object's mask as the network sees it, in pixels of its input."""
        crop, first_2, count_2 = self.crops[number], self._firsts_n2[number], self._counts_n2[number]
        rows, columns = (
            source[first : first + count] - start
            for source, first, count, start in zip(self._sources, first_2, count_2, (crop.y, crop.x), strict=True)
        )
        return Crop(crop.mask_hw[rows][:, columns], int(first_2[_COLUMNS]), int(first_2[_ROWS]))

    def targets(self, boxes_r4: Tensor, index_r: Tensor, side: int) -> Tensor:
        """Draw the mask of object `index_r` in each box, (x1, y1, x2, y2) in pixels of the input; R,side,side float32.

        On the CPU objects are drawn one by one, on another device together and without a wait for it.
        """
        boxes_r4 = boxes_r4.detach().float()
        if not len(boxes_r4) or not len(self):
            return boxes_r4.new_zeros(len(boxes_r4), side, side)
        largest = self._counts_n2.max(axis=0)
        draw, numbers = self._draw_each, 2 * side * int(largest.max())
        if boxes_r4.device.type != "cpu":
            draw, numbers = self._draw_together, max(numbers, int(largest.prod()))
        chunk = max(_CHUNK_NUMBERS // max(numbers, 1), 1)
        parts = zip(boxes_r4.split(chunk), index_r.split(chunk), strict=True)
        return torch.cat([draw(boxes, index, side) for boxes, index in parts])

    def _draw_each(self, boxes_r4: Tensor, index_r: Tensor, side: int) -> Tensor:
        index = index_r.numpy()
        lines = max(int(self._counts_n2[index].max()), 1)
        spans_n4 = torch.from_numpy(np.concatenate([self._firsts_n2, self._counts_n2], axis=1))
        rows_rml, columns_rml = self._weights(boxes_r4, spans_n4[index_r], side, lines).numpy()
        drawn_rmm = np.empty((len(index), side, side), dtype=np.float32)
        for place, number in enumerate(index):
            mask_hw = self.seen(number).mask_hw.astype(np.float32)
            height, width = mask_hw.shape
            drawn_rmm[place] = rows_rml[place, :, :height] @ mask_hw @ columns_rml[place, :, :width].T
        return torch.from_numpy(drawn_rmm)

    def _draw_together(self, boxes_r4: Tensor, index_r: Tensor, side: int) -> Tensor:
        flat, table_n9, *sources = self._on(boxes_r4.device)
        of_r9 = table_n9[index_r]
        spans_r4, starts_r2, sizes_r2, offset_r1 = of_r9.split([4, 2, 2, 1], dim=1)
        lines = max(int(self._counts_n2.max()), 1)
        rows_rml, columns_rml = self._weights(boxes_r4, spans_r4, side, lines)
        high, wide = (max(int(most), 1) for most in self._counts_n2.max(axis=0))
        picked = []
        for axis, most in enumerate((high, wide)):
            seen_rl = spans_r4[:, axis, None] + torch.arange(most, device=flat.device)
            own_rl = sources[axis][seen_rl.clamp(max=len(sources[axis]) - 1)] - starts_r2[:, axis, None]
            picked.append(own_rl.minimum(sizes_r2[:, axis, None] - 1).clamp(min=0))
        at_rhw = (offset_r1 + picked[_ROWS] * sizes_r2[:, _COLUMNS, None])[..., None] + picked[_COLUMNS][:, None]
        with torch.autocast(flat.device.type, enabled=False):  # what is learned from keeps its precision
            return rows_rml[..., :high] @ flat[at_rhw].float() @ columns_rml[..., :wide].mT

    def _weights(self, boxes_r4: Tensor, spans_r4: Tensor, side: int, lines: int) -> Tensor:
        """Weigh the lines of each object's crop in the bins of its box; 2,R,side,lines, rows before columns."""
        near, far = boxes_r4[:, [1, 0]].T, boxes_r4[:, [3, 2]].T
        border = torch.tensor(self.seen_hw, device=boxes_r4.device)[:, None]
        most = -(-max(self.seen_hw) // side)
        if near.device.type == "cpu":
            most = int(((far - near).max() / side).clamp(min=1.0).ceil())
        return _bin_weights(near, far, border, spans_r4.T[:2], spans_r4.T[2:], (side, most, lines))

    def _on(self, device: torch.device) -> tuple[Tensor, ...]:
        """Send all masks to a device once, as one row of bytes, with the table of where each one stands in it."""
        if device not in self._pixels:
            flat = np.concatenate([*(crop.mask_hw.ravel() for crop in self.crops), [False]]).astype(np.uint8)
            areas_n = self._sizes_n2.prod(axis=1)
            offsets_n1 = (np.cumsum(areas_n) - areas_n)[:, None]
            table = np.concatenate(
                [self._firsts_n2, self._counts_n2, self._starts_n2, self._sizes_n2, offsets_n1], axis=1
            )
            self._pixels[device] = tuple(torch.from_numpy(each).to(device) for each in (flat, table, *self._sources))
        return self._pixels[device]


def _bin_weights(
    near_ar: Tensor, far_ar: Tensor, border_a1: Tensor, first_ar: Tensor, count_ar: Tensor, size: tuple[int, int, int]
) -> Tensor:
    """Weigh lines `first` to `first + count` along axes A in each bin of each RoI; A,R,side,lines.

    `size` is side, the most samples a bin may have, and lines. The places of the samples are computed in torchvision's
    order of operations: at line 1000 another order moves them by 6e-5.
    """
    side, most, lines = size
    device = near_ar.device
    bin_ar1 = ((far_ar - near_ar).clamp(min=1.0) / side)[..., None]
    grid_ar11 = bin_ar1.ceil()[..., None]
    starts_arm = near_ar[..., None] + torch.arange(side, device=device) * bin_ar1
    steps_g = torch.arange(most, device=device)
    places = starts_arm[..., None] + (steps_g + 0.5) * bin_ar1[..., None] / grid_ar11
    border = border_a1[..., None, None]
    known = (places >= -1.0) & (places <= border) & (steps_g < grid_ar11)
    low = places.clamp(min=0.0).long().minimum(border - 1)
    share = (places.clamp(min=0.0) - low).clamp(max=1.0) * (low < border - 1)
    first, count = first_ar[..., None, None], count_ar[..., None, None]
    weights = near_ar.new_zeros(*near_ar.shape, side, lines)
    for line, part in ((low, 1.0 - share), (low + 1, share)):
        inside = known & (line >= first) & (line < first + count)
        weights.scatter_add_(-1, (line - first).clamp(0, lines - 1), part * inside / grid_ar11)
    return weights
