"""A stand-in network that sees perfectly: it finds bright rectangles and draws the targets that training would."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import roi_align

from rehead.detector.build import Detector
from rehead.detector.plan import ModelPlan

SIDE = 56
"""Of the masks, in pixels."""


class Seeing(nn.Module):
    """RoI heads whose feature map is the picture: channel 0 shows objects, each of one brightness, its score."""

    nms_thresh, score_thresh, detections_per_img = 0.5, 0.05, 100

    def boxes_of(
        self, features: dict[str, Tensor], proposals: list[Tensor], sizes: list[tuple[int, int]]
    ) -> tuple[list[Tensor], ...]:
        picture_hw = features["0"][0, 0]
        scores_n = picture_hw.unique().flip(0)
        scores_n = scores_n[scores_n > 0]
        boxes = [_around(picture_hw == score) for score in scores_n]
        return [torch.stack(boxes) if boxes else torch.zeros(0, 4)], [scores_n], [torch.ones(len(boxes)).long()]

    def masks_of(
        self, features: dict[str, Tensor], boxes: list[Tensor], sizes: list[tuple[int, int]], labels: list[Tensor]
    ) -> tuple[Tensor, ...]:
        shown = (features["0"][:, :1] > 0).float()
        return (roi_align(shown, boxes, SIDE, aligned=False),)

    def forward(
        self, features: dict[str, Tensor], proposals: list[Tensor], sizes: list[tuple[int, int]]
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        boxes, scores, labels = self.boxes_of(features, proposals, sizes)
        masks = self.masks_of(features, boxes, sizes, labels)
        return [{"boxes": boxes[0], "scores": scores[0], "labels": labels[0], "masks": masks[0]}], {}


class _Nearest(GeneralizedRCNNTransform):
    """Resizes by repeating pixels, so that a picture stays one of few brightnesses."""

    def resize(self, image: Tensor, target: Any = None) -> tuple[Tensor, None]:
        height, width = image.shape[-2:]
        factor = self.min_size[-1] / min(height, width)
        size = [round(height * factor), round(width * factor)]
        return interpolate(image[None], size=size, mode="nearest")[0], None


class SeeingModel(nn.Module):
    """The parts of a detector that are asked one after the other."""

    def __init__(self, *, side: int) -> None:
        super().__init__()
        self.transform = _Nearest(side, 10 * side, [0.0] * 3, [1.0] * 3)
        self.roi_heads = Seeing()
        self.anything = nn.Parameter(torch.zeros(1))

    def backbone(self, images: Tensor) -> dict[str, Tensor]:
        return {"0": images}

    def rpn(self, images: Any, features: dict[str, Tensor]) -> tuple[list[Tensor], dict[str, Tensor]]:
        return [torch.zeros(0, 4)], {}


def seeing_detector(*, side: int) -> Detector:
    """Build one that sees an image with `side` pixels on its shorter side."""
    return Detector(SeeingModel(side=side).eval(), ("nut",), ModelPlan(), frozen_statistics=False)


@dataclass
class Picture:
    """A picture of objects that do not touch, and the mask of each, the brightest first."""

    height: int
    width: int
    masks: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image_chw = torch.zeros(3, self.height, self.width)

    def add(self, x: int, y: int, right: int, bottom: int, *, score: float) -> None:
        """Draw a triangle below the diagonal of a rectangle, which no mirror leaves as it is."""
        mask_hw = torch.zeros(self.height, self.width, dtype=torch.bool)
        rows, columns = torch.meshgrid(torch.arange(bottom - y), torch.arange(right - x), indexing="ij")
        mask_hw[y:bottom, x:right] = columns * (bottom - y) <= rows * (right - x)
        self.image_chw[0, mask_hw] = score
        self.masks.append(mask_hw)


def _around(shown_hw: Tensor) -> Tensor:
    rows, columns = torch.nonzero(shown_hw.any(dim=1))[:, 0], torch.nonzero(shown_hw.any(dim=0))[:, 0]
    return torch.stack([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]).float()
