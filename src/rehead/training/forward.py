"""From samples to losses: the network's own way to a batch, taken apart so that each part may be had from elsewhere."""

from collections.abc import Sequence

from torch import Tensor

from rehead.dataset.split import Sample
from rehead.detector.mask_targets import ObjectMasks
from rehead.training.learner import Learner


def losses_of(learner: Learner, samples: Sequence[Sample]) -> dict[str, Tensor]:
    """Compute the five losses of a batch under the model's own names; raises FloatingPointError at a box not finite."""
    model = learner.model
    images, targets = model.transform(
        [sample.image_chw.to(learner.device) for sample in samples],
        [_target(sample, learner) for sample in samples],
    )
    for target, sample, seen_hw in zip(targets, samples, images.image_sizes, strict=True):
        target["masks"] = ObjectMasks(sample.crops, sample.size_hw, seen_hw)
        target["generator"] = learner.generator(sample.record.id)
    features = model.backbone(images.tensors)
    proposals, rpn = model.rpn(images, features, targets)
    _, heads = model.roi_heads(features, proposals, images.image_sizes, targets)
    return {**heads, **rpn}


def _target(sample: Sample, learner: Learner) -> dict[str, Tensor]:
    truth = {"boxes": sample.boxes_n4, "labels": sample.labels_n}
    return {name: value.to(learner.device) for name, value in truth.items()}
