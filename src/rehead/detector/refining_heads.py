"""RoI heads whose mask branch looks at the feature maps a second time."""

import torch
from torch import Tensor

from rehead.detector.mask_heads.points import FineMaps
from rehead.detector.roi_heads import (
    BudgetRoIHeads,
    Features,
    Sizes,
    Target,
    labels_of,
    masks_in_boxes,
    of_class,
    pixel_loss,
)

_FINEST, _STRIDE = "0", 4
_TARGET_SIDE = 112


class RefiningRoIHeads(BudgetRoIHeads):
    """For a mask predictor that corrects its masks at points, such as PointRendPredictor."""

    def _mask_loss(
        self, features: Features, boxes: list[Tensor], image_shapes: Sizes, targets: list[Target], truth: list[Tensor]
    ) -> Tensor:
        """Compute the coarse masks' loss and the points'."""
        logits, labels_n = self._draw(features, boxes, image_shapes), labels_of(targets, truth)
        own, count = of_class(logits, labels_n), self._count(labels_n)
        coarse = pixel_loss(own, masks_in_boxes(targets, boxes, truth, own.shape[-1])) / count
        if not len(logits):
            return coarse
        goals_nmm = masks_in_boxes(targets, boxes, truth, _TARGET_SIDE)
        fine = FineMaps(features[_FINEST], boxes, _STRIDE)
        generators = [target.get("generator") for target in targets]
        points: Tensor = self.mask_predictor.point_loss(
            own, labels_n, fine, targets_nmm=goals_nmm, generators=generators
        )
        return coarse + points * (len(logits) / count)

    def masks_of(
        self, features: Features, boxes: list[Tensor], image_shapes: Sizes, labels: list[Tensor]
    ) -> tuple[Tensor, ...]:
        """Give each image's masks N,1,M,M of the boxes' own classes, as probabilities."""
        logits, labels_n = self._draw(features, boxes, image_shapes), torch.cat(labels)
        fine = FineMaps(features[_FINEST], boxes, _STRIDE)
        refined: Tensor = self.mask_predictor.refine(of_class(logits, labels_n), labels_n, fine)
        return refined.sigmoid().split([len(image_boxes) for image_boxes in boxes])
