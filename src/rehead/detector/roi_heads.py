"""RoI heads whose mask branch looks at the feature maps a second time.

torchvision hands a mask head the pooled features and nothing else. Here the box branch is torchvision's, step by step,
and the mask branch stands by itself: one method for its loss, one for its masks. Nothing is kept between calls.
"""

import torch
from torch import Tensor, nn
from torchvision.models.detection.roi_heads import (
    RoIHeads,
    fastrcnn_loss,
    maskrcnn_loss,
    project_masks_on_boxes,
)

from rehead.detector.mask_heads.points import FineMaps

_FINEST, _STRIDE = "0", 4
_TARGET_SIDE = 112

Features = dict[str, Tensor]
Sizes = list[tuple[int, int]]
Target = dict[str, Tensor]


class RefiningRoIHeads(RoIHeads):
    """For a mask predictor that corrects its masks at points, such as PointRendPredictor."""

    def __init__(self, plain: RoIHeads) -> None:
        """Take over the parts and settings of torchvision's heads."""
        nn.Module.__init__(self)
        self.__dict__.update(plain.__dict__)

    def forward(
        self, features: Features, proposals: list[Tensor], image_shapes: Sizes, targets: list[Target] | None = None
    ) -> tuple[list[Target], Target]:
        """Give the detections of each image, or in training the losses; both as torchvision's heads do."""
        if not self.training:
            return self._detect(features, proposals, image_shapes), {}
        assert targets is not None, "training needs targets"
        return [], self._learn(features, proposals, image_shapes, targets)

    def _learn(
        self, features: Features, proposals: list[Tensor], image_shapes: Sizes, targets: list[Target]
    ) -> dict[str, Tensor]:
        proposals, matched, labels, regression = self.select_training_samples(proposals, targets)
        scores, deltas = self._read_boxes(features, proposals, image_shapes)
        classifier, box_reg = fastrcnn_loss(scores, deltas, labels, regression)
        objects = [torch.where(image_labels > 0)[0] for image_labels in labels]
        boxes = [image_boxes[kept] for image_boxes, kept in zip(proposals, objects, strict=True)]
        truth = [image_matched[kept] for image_matched, kept in zip(matched, objects, strict=True)]
        mask = self._mask_loss(features, boxes, image_shapes, targets, truth)
        return {"loss_classifier": classifier, "loss_box_reg": box_reg, "loss_mask": mask}

    def _detect(self, features: Features, proposals: list[Tensor], image_shapes: Sizes) -> list[Target]:
        scores, deltas = self._read_boxes(features, proposals, image_shapes)
        found = self.postprocess_detections(scores, deltas, proposals, image_shapes)
        masks = self._masks(features, found[0], image_shapes, found[2])
        return [
            {"boxes": boxes, "labels": labels, "scores": scores, "masks": masks}
            for boxes, scores, labels, masks in zip(*found, masks, strict=True)
        ]

    def _read_boxes(self, features: Features, proposals: list[Tensor], image_shapes: Sizes) -> tuple[Tensor, Tensor]:
        pooled = self.box_head(self.box_roi_pool(features, proposals, image_shapes))
        scores, deltas = self.box_predictor(pooled)
        return scores, deltas

    def _mask_loss(
        self, features: Features, boxes: list[Tensor], image_shapes: Sizes, targets: list[Target], truth: list[Tensor]
    ) -> Tensor:
        """Compute the coarse masks' loss and the points'; `truth` is the index of each box's object in its image."""
        logits = self._draw(features, boxes, image_shapes)
        masks, labels = [target["masks"] for target in targets], [target["labels"] for target in targets]
        coarse: Tensor = maskrcnn_loss(logits, boxes, masks, labels, truth)
        if not len(logits):
            return coarse
        labels_n = torch.cat([image_labels[index] for image_labels, index in zip(labels, truth, strict=True)])
        targets_nmm = torch.cat(
            [project_masks_on_boxes(*each, _TARGET_SIDE) for each in zip(masks, boxes, truth, strict=True)]
        )
        fine = FineMaps(features[_FINEST], boxes, _STRIDE)
        own = _of_class(logits, labels_n)
        points: Tensor = self.mask_predictor.point_loss(own, labels_n, fine, targets_nmm=targets_nmm)
        return coarse + points

    def _masks(
        self, features: Features, boxes: list[Tensor], image_shapes: Sizes, labels: list[Tensor]
    ) -> tuple[Tensor, ...]:
        """Give each image's masks N,1,M,M of the boxes' own classes, as probabilities."""
        logits, labels_n = self._draw(features, boxes, image_shapes), torch.cat(labels)
        fine = FineMaps(features[_FINEST], boxes, _STRIDE)
        refined: Tensor = self.mask_predictor.refine(_of_class(logits, labels_n), labels_n, fine)
        return refined.sigmoid().split([len(image_boxes) for image_boxes in boxes])

    def _draw(self, features: Features, boxes: list[Tensor], image_shapes: Sizes) -> Tensor:
        logits: Tensor = self.mask_predictor(self.mask_head(self.mask_roi_pool(features, boxes, image_shapes)))
        return logits


def _of_class(logits_nkmm: Tensor, labels_n: Tensor) -> Tensor:
    """Pick the mask of each box's class; N,1,M,M."""
    return logits_nkmm[torch.arange(len(labels_n), device=labels_n.device), labels_n][:, None]
