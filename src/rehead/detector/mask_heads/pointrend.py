"""PointRend (Kirillov et al. 2020): a coarse mask, corrected at the points where it is least certain.

The coarse mask is the plain head's at 28. A small network looks at such a point in the finest feature map and corrects
the coarse logit there; its last layer starts at zero, so a new model begins as its coarse mask, interpolated. As in
the paper, training draws three times the points it needs and takes 3/4 from the least certain, the rest at random; in
prediction the mask doubles twice, to 112, and each time only the least certain points are looked at.

Unlike the paper's, the network sees the coarse logit of the one class in question and not of all of them, so that no
layer but the last knows the number of classes.
"""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from rehead.detector.mask_heads.fcn import Fcn28Predictor
from rehead.detector.mask_heads.points import FineMaps, points_of, sample_maps, uncertain_cells, uncertain_points
from rehead.detector.mask_heads.predictor import MaskSize

_HIDDEN_LAYERS = 3
_TRAINING_POINTS = 14 * 14
_DOUBLINGS = 2
_PREDICTION_POINTS = 28 * 28
"""Points a box and doubling: a quarter of the pixels at 56, a sixteenth at 112."""


class PointHead(nn.Module):
    """Corrects logits at points, each by itself; every layer sees the coarse logit again."""

    def __init__(self, size: MaskSize) -> None:
        """Build it as wide as the mask branch's last convolution."""
        super().__init__()
        width = size.layers[-1]
        given = [size.features, *[width] * (_HIDDEN_LAYERS - 1)]
        self.hidden = nn.ModuleList(nn.Linear(channels + 1, width) for channels in given)
        self.logits = nn.Linear(width + 1, size.outputs)
        for layer in self.hidden:
            nn.init.kaiming_normal_(layer.get_parameter("weight"), nonlinearity="relu")
            nn.init.zeros_(layer.get_parameter("bias"))
        nn.init.zeros_(self.logits.weight)
        nn.init.zeros_(self.logits.bias)

    def forward(self, fine_npc: Tensor, coarse_np: Tensor, labels_n: Tensor) -> Tensor:
        """Give the corrected logits N,P of each box's own class."""
        coarse_np1 = coarse_np[..., None]
        seen = torch.cat([fine_npc, coarse_np1], dim=-1)
        for layer in self.hidden:
            seen = torch.cat([layer(seen).relu(), coarse_np1], dim=-1)
        each = torch.arange(len(labels_n), device=labels_n.device)
        correction: Tensor = self.logits(seen)[each, :, labels_n]
        return coarse_np + correction


class PointRendPredictor(Fcn28Predictor):
    """The plain predictor, whose masks are the coarse ones, and the head that corrects their points."""

    class_layers: ClassVar[tuple[str, ...]] = ("mask_fcn_logits", "point_head.logits")

    def __init__(self, size: MaskSize) -> None:
        """Build both."""
        super().__init__(size)
        self.point_head = PointHead(size)

    def point_loss(
        self,
        coarse_n1mm: Tensor,
        labels_n: Tensor,
        maps: FineMaps,
        *,
        targets_nmm: Tensor,
        generators: Sequence[torch.Generator | None] | None = None,
    ) -> Tensor:
        """Compute the mean cross-entropy at uncertain points; `targets_nmm` are the truth's masks in their boxes.

        With `generators` the points of each image are drawn by its own.
        """
        by_image = generators or [None] * len(maps.boxes)
        images = [(len(boxes), generator) for boxes, generator in zip(maps.boxes, by_image, strict=True)]
        with torch.no_grad():
            points_np2 = uncertain_points(coarse_n1mm, count=_TRAINING_POINTS, images=images)
            truth_np = sample_maps(targets_nmm[:, None], points_np2)[..., 0]
        return functional.binary_cross_entropy_with_logits(
            self._logits_at(points_np2, coarse_n1mm, labels_n, maps), truth_np
        )

    def refine(self, coarse_n1mm: Tensor, labels_n: Tensor, maps: FineMaps) -> Tensor:
        """Give the logits N,1,4M,4M of each box's own class."""
        logits_n1mm = coarse_n1mm
        for _ in range(_DOUBLINGS):
            logits_n1mm = functional.interpolate(logits_n1mm, scale_factor=2, mode="bilinear", align_corners=False)
            cells_np = uncertain_cells(logits_n1mm, count=_PREDICTION_POINTS)
            points_np2 = points_of(cells_np, side=logits_n1mm.shape[-1])
            looked_at_np = self._logits_at(points_np2, coarse_n1mm, labels_n, maps).to(logits_n1mm.dtype)
            logits_n1mm = logits_n1mm.flatten(1).scatter(1, cells_np, looked_at_np).view_as(logits_n1mm)
        return logits_n1mm

    def _logits_at(self, points_np2: Tensor, coarse_n1mm: Tensor, labels_n: Tensor, maps: FineMaps) -> Tensor:
        coarse_np = sample_maps(coarse_n1mm, points_np2)[..., 0]
        corrected: Tensor = self.point_head(maps.at(points_np2), coarse_np, labels_n)
        return corrected
