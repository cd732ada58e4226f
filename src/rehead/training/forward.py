"""From samples to losses: the network's own way to a batch, taken apart so that each part may be had from elsewhere."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torchvision.models.detection.transform import resize_boxes

from rehead.dataset.split import Sample
from rehead.detector.mask_targets import ObjectMasks
from rehead.detector.trunk import pyramid
from rehead.training.learner import Learner


def losses_of(learner: Learner, samples: Sequence[Sample], *, unseen: bool = False) -> dict[str, Tensor]:
    """Compute the five losses of a batch under the model's own names; raises FloatingPointError at a box not finite.

    Where frozen features are cached, samples need no pixels; nothing is cached of `unseen` images, those that nothing
    is learned from.
    """
    model, trunk = learner.model, None if unseen else learner.trunk
    targets = [_target(sample, learner) for sample in samples]
    if trunk:
        images = trunk.batch([sample.size_hw for sample in samples])
        for target, sample, seen_hw in zip(targets, samples, images.image_sizes, strict=True):
            target["boxes"] = resize_boxes(target["boxes"], sample.size_hw, seen_hw)
    else:
        pixels = [sample.image_chw.to(learner.device, non_blocking=True) for sample in samples]
        images, targets = model.transform(pixels, targets)
    for target, sample, seen_hw in zip(targets, samples, images.image_sizes, strict=True):
        target["masks"] = ObjectMasks(sample.crops, sample.size_hw, seen_hw)
        target["generator"] = learner.generator(sample.record.id, unseen=unseen)
    frozen = trunk.features(samples) if trunk else {}  # for trainings in any format, so in float32
    with learner.precision.autocast():
        features = pyramid(learner.detector, trunk.depth, frozen) if trunk else model.backbone(images.tensors)
        proposals, rpn = model.rpn(images, features, targets)
        _, heads = model.roi_heads(features, proposals, images.image_sizes, targets)
    return {**heads, **rpn}


def _target(sample: Sample, learner: Learner) -> dict[str, Any]:
    truth = {"boxes": sample.boxes_n4, "labels": sample.labels_n}
    return {name: value.to(learner.device) for name, value in truth.items()}
