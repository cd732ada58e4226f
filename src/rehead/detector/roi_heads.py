"""RoI heads that learn from a budget of RoIs, and from masks that were never drawn at full size.

torchvision's own, step by step, taken apart: the box branch and the mask branch have each a number of RoIs of their
own, and the mask branch stands by itself, one method for its loss, one for its masks. As built they do what torchvision
does, random numbers included; `mask_rois` and `balanced` change that. Nothing is kept between calls.

In training a target may hold more than torchvision's: `masks` may be ObjectMasks in place of a tensor N,H,W, and
`generator`, a torch.Generator on the model's device, makes an image's sample independent of the images beside it.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.roi_heads import RoIHeads, maskrcnn_inference, project_masks_on_boxes

from rehead.detector.mask_targets import ObjectMasks
from rehead.detector.sampling import draw_sample, draw_some

_SMOOTH_L1_BETA = 1 / 9
_LEAST_COUNT = 1e-6
"""Below any count: what has nothing to learn from has a loss of zero."""

Features = dict[str, Tensor]
Sizes = list[tuple[int, int]]
Target = dict[str, Any]


class BudgetRoIHeads(RoIHeads):
    """torchvision's heads with limits on what they learn from; the state dict is theirs."""

    mask_rois: int | None = None
    """Most RoIs of an image that meet the mask head in training; None lets all positive ones."""
    balanced: bool = False
    """Whether RoIs are drawn object by object and class by class, and not at random."""
    shared_count: Callable[[Tensor], Tensor]
    """Turns a count that a loss is divided by, a scalar on the device, into the one to divide by.

    As built, the identity. Where P processes average their gradients it gives the sum over them divided by P, so that
    the gradient is that of one process on all images. It is called twice a step, for the RoIs of the box head and then
    for those of the mask head, whether there are any or not.
    """

    def __init__(self, plain: RoIHeads) -> None:
        """Take over the parts and settings of torchvision's heads."""
        nn.Module.__init__(self)
        self.__dict__.update(plain.__dict__)
        self.shared_count = _own_count

    def forward(
        self, features: Features, proposals: list[Tensor], image_shapes: Sizes, targets: list[Target] | None = None
    ) -> tuple[list[Target], Target]:
        """Give the detections of each image, or in training the losses; both as torchvision's heads do."""
        if not self.training:
            return self._detect(features, proposals, image_shapes), {}
        assert targets is not None, "training needs targets"
        return [], self._learn(features, proposals, image_shapes, targets)

    def select_training_samples(
        self, proposals: list[Tensor], targets: list[Target] | None
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
        """Draw the box head's RoIs; gives of each image the boxes, their objects' indices, labels and box targets."""
        assert targets is not None, "training needs targets"
        truth = [target["boxes"].to(proposals[0].dtype) for target in targets]
        proposals = self.add_gt_proposals(proposals, truth)
        matched, labels = self.assign_targets_to_proposals(proposals, truth, [target["labels"] for target in targets])
        drawn = [self._draw_rois(*each) for each in zip(labels, matched, targets, strict=True)]
        proposals, matched, labels = (
            [values[index] for values, index in zip(of_images, drawn, strict=True)]
            for of_images in (proposals, matched, labels)
        )
        goals = [
            boxes[index] if len(boxes) else boxes.new_zeros(len(index), 4)
            for boxes, index in zip(truth, matched, strict=True)
        ]
        return proposals, matched, labels, list(self.box_coder.encode(goals, proposals))

    def _draw_rois(self, labels: Tensor, matched: Tensor, target: Target) -> Tensor:
        objects = matched if self.balanced else None
        drawn = draw_sample(labels, self.fg_bg_sampler, objects_p=objects, generator=target.get("generator"))
        return torch.cat(drawn).sort().values

    def _learn(
        self, features: Features, proposals: list[Tensor], image_shapes: Sizes, targets: list[Target]
    ) -> dict[str, Tensor]:
        proposals, matched, labels, regression = self.select_training_samples(proposals, targets)
        scores, deltas = self._read_boxes(features, proposals, image_shapes)
        box = self._box_losses(scores, deltas, torch.cat(labels), torch.cat(regression))
        kept = [self._meeting_masks(*each) for each in zip(labels, matched, targets, strict=True)]
        boxes, truth = (
            [values[index] for values, index in zip(of_images, kept, strict=True)] for of_images in (proposals, matched)
        )
        mask = self._mask_loss(features, boxes, image_shapes, targets, truth)
        return {**box, "loss_mask": mask}

    def _meeting_masks(self, labels: Tensor, matched: Tensor, target: Target) -> Tensor:
        """Choose the RoIs that meet the mask head."""
        objects = torch.where(labels > 0)[0]
        if self.mask_rois is None or len(objects) <= self.mask_rois:
            return objects
        generator, most = target.get("generator"), self.mask_rois
        return objects[draw_some(matched[objects], labels[objects], most, balanced=self.balanced, generator=generator)]

    def _box_losses(self, scores: Tensor, deltas: Tensor, labels: Tensor, regression: Tensor) -> dict[str, Tensor]:
        """Compute the losses of torchvision's `fastrcnn_loss`, by the shared count of RoIs."""
        objects = torch.where(labels > 0)[0]
        own = deltas.float().unflatten(1, (-1, 4))[objects, labels[objects]]
        count = self._count(labels)
        classifier = functional.cross_entropy(scores.float(), labels, reduction="sum")
        box_reg = functional.smooth_l1_loss(own, regression[objects], beta=_SMOOTH_L1_BETA, reduction="sum")
        return {"loss_classifier": classifier / count, "loss_box_reg": box_reg / count}

    def _count(self, values: Tensor) -> Tensor:
        count = torch.tensor(float(len(values)), device=values.device)
        return self.shared_count(count).clamp(min=_LEAST_COUNT)

    def boxes_of(self, features: Features, proposals: list[Tensor], image_shapes: Sizes) -> tuple[list[Tensor], ...]:
        """Give each image's detected boxes N4, in pixels as the network sees it, their scores N and labels N."""
        scores, deltas = self._read_boxes(features, proposals, image_shapes)
        found: tuple[list[Tensor], ...] = self.postprocess_detections(scores, deltas, proposals, image_shapes)
        return found

    def _detect(self, features: Features, proposals: list[Tensor], image_shapes: Sizes) -> list[Target]:
        found = self.boxes_of(features, proposals, image_shapes)
        masks = self.masks_of(features, found[0], image_shapes, found[2])
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
        """Compute the masks' loss; `truth` is the index of each box's object in its image."""
        logits, labels_n = self._draw(features, boxes, image_shapes), labels_of(targets, truth)
        goals_nmm = masks_in_boxes(targets, boxes, truth, logits.shape[-1])
        return pixel_loss(of_class(logits, labels_n), goals_nmm) / self._count(labels_n)

    def masks_of(
        self, features: Features, boxes: list[Tensor], image_shapes: Sizes, labels: list[Tensor]
    ) -> tuple[Tensor, ...]:
        """Give each image's masks N,1,M,M of the boxes' own classes, as probabilities."""
        return tuple(maskrcnn_inference(self._draw(features, boxes, image_shapes), labels))

    def _draw(self, features: Features, boxes: list[Tensor], image_shapes: Sizes) -> Tensor:
        logits: Tensor = self.mask_predictor(self.mask_head(self.mask_roi_pool(features, boxes, image_shapes)))
        return logits


def _own_count(count: Tensor) -> Tensor:
    return count


def labels_of(targets: list[Target], truth: list[Tensor]) -> Tensor:
    """Name the class of each box's object; `truth` is its index in its image."""
    return torch.cat([target["labels"][index] for target, index in zip(targets, truth, strict=True)])


def pixel_loss(logits_n1mm: Tensor, goals_nmm: Tensor) -> Tensor:
    """Add up the mean cross-entropy of each mask's pixels; 0 without masks."""
    total = functional.binary_cross_entropy_with_logits(logits_n1mm[:, 0].float(), goals_nmm, reduction="sum")
    return total / logits_n1mm.shape[-1] ** 2


def masks_in_boxes(targets: list[Target], boxes: list[Tensor], truth: list[Tensor], side: int) -> Tensor:
    """Draw the mask of each box's object in the box; N,side,side."""
    drawn = []
    for target, image_boxes, index in zip(targets, boxes, truth, strict=True):
        masks: ObjectMasks | Tensor = target["masks"]
        if isinstance(masks, ObjectMasks):
            drawn.append(masks.targets(image_boxes, index, side))
        else:
            drawn.append(project_masks_on_boxes(masks, image_boxes, index, side))
    return torch.cat(drawn)


def of_class(logits_nkmm: Tensor, labels_n: Tensor) -> Tensor:
    """Pick the mask of each box's class; N,1,M,M."""
    return logits_nkmm[torch.arange(len(labels_n), device=labels_n.device), labels_n][:, None]
