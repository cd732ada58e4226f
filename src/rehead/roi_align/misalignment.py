"""How far from the right place RoIPool reads: the rounding that RoIAlign was invented to remove, in pixels.

On a map whose values are the pixels' own coordinates, an operator's answer is the place it read. RoIPool takes a
maximum, so its place is the middle between the largest and the smallest coordinate it saw. RoIAlign, read with the
same convention (`aligned=False`, as Mask R-CNN pools), gives the true centre of each bin.

Boxes are proposals, so they are cut at the image; those that touch within one feature pixel of its border are "near".
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.ops import roi_align, roi_pool

from rehead.roi_align.cases import draw_boxes

STRIDES = (4, 8, 16, 32)
IMAGE_SIDE, SIZE, SMALLEST_SIDE = 512, 7, 16.0


@dataclass(frozen=True)
class Shifts:
    """Shift of every bin that RoIPool reads at one stride, in image pixels: B; `near_b` marks those of border boxes."""

    stride: int
    image_pixels_b: NDArray[np.float64]
    near_b: NDArray[np.bool_]

    def summary(self) -> dict[str, object]:
        """Put the distribution into numbers, in image and feature pixels, for the JSON report."""
        groups = {"all": np.ones_like(self.near_b), "inside": ~self.near_b, "near_border": self.near_b}
        return {"stride": self.stride} | {name: self._numbers(marked) for name, marked in groups.items()}

    def _numbers(self, marked_b: NDArray[np.bool_]) -> dict[str, float | int | None]:
        shifts = self.image_pixels_b[marked_b]
        if not len(shifts):
            return {"bins": 0}
        values = {
            "mean": shifts.mean(),
            **{f"p{share}": np.quantile(shifts, share / 100) for share in (5, 25, 75, 95)},
            "median": np.median(shifts),
            "max": shifts.max(),
        }
        in_image: dict[str, float | int | None] = {f"{key}_image_px": round(float(v), 4) for key, v in values.items()}
        in_map = {f"{key}_feature_px": round(float(v) / self.stride, 4) for key, v in values.items()}
        return {"bins": len(shifts)} | in_image | in_map


def summarise_shifts(measured: list[Shifts]) -> dict[str, object]:
    """Give the numbers for reports/roi_align.json; the maximum is over all strides, in image pixels."""
    return {
        "roi_pool_max_shift_px": round(max(float(s.image_pixels_b.max()) for s in measured), 4),
        "roi_pool_max_shift_feature_px": round(max(float(s.image_pixels_b.max()) / s.stride for s in measured), 4),
        "roi_pool_shift_by_stride": [s.summary() for s in measured],
    }


def measure_shifts(boxes: int, *, seed: int) -> list[Shifts]:
    """Measure the same random proposals at every stride."""
    rois = draw_proposals(boxes, seed=seed)
    return [shifts_at(rois, stride) for stride in STRIDES]


def draw_proposals(count: int, *, seed: int) -> Tensor:
    """Draw boxes as a region proposal network leaves them, cut at the image: K,5 in image pixels, float64."""
    generator = np.random.default_rng(seed)
    kept = np.zeros((0, 4))
    while len(kept) < count:
        drawn = draw_boxes(count, generator, height=IMAGE_SIDE, width=IMAGE_SIDE, margin=0.0).clip(0, IMAGE_SIDE)
        large = ((drawn[:, 2:] - drawn[:, :2]) >= SMALLEST_SIDE).all(axis=1)
        kept = np.concatenate([kept, drawn[large]])
    return torch.from_numpy(np.concatenate([np.zeros((count, 1)), kept[:count]], axis=1))


def shifts_at(rois_k5: Tensor, stride: int) -> Shifts:
    """Measure how far each bin of RoIPool lies from its place, the distance along both axes together."""
    side = IMAGE_SIDE // stride
    read, true, seen = places_read(rois_k5, height=side, width=side, size=SIZE, stride=stride)
    distance = (read - true).square().sum(dim=1).sqrt() * stride
    boxes = rois_k5[:, 1:]
    near = ((boxes[:, :2] < stride) | (boxes[:, 2:] > IMAGE_SIDE - stride)).any(dim=1)
    near_kpq = near[:, None, None].expand_as(seen)
    return Shifts(stride, distance[seen].numpy(), near_kpq[seen].numpy())


def places_read(rois_k5: Tensor, *, height: int, width: int, size: int, stride: int) -> tuple[Tensor, Tensor, Tensor]:
    """Find where RoIPool and RoIAlign read each bin: K,2,P,P each as (x, y) in feature pixels.

    The third result marks the bins K,P,P in which RoIPool saw any pixel; elsewhere its place means nothing.
    """
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    places = torch.stack([x, y])[None].double()
    read = (roi_pool(places, rois_k5, size, 1 / stride) - roi_pool(-places, rois_k5, size, 1 / stride)) / 2
    true = roi_align(places, rois_k5, size, 1 / stride, 4, False)
    seen = roi_pool(torch.ones_like(places[:, :1]), rois_k5, size, 1 / stride)[:, 0] > 0
    return read, true, seen
