"""Changes to an image and its truth together, from a generator of the sample's own."""

from dataclasses import replace

import numpy as np
import torch

from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Sample


def augment(sample: Sample, plan: AugmentPlan, *, rng: np.random.Generator) -> Sample:
    """Vary one sample; the same generator state gives the same result."""
    chances = rng.random(3)
    if chances[0] < plan.flip_horizontal:
        sample = _flipped(sample, axis=-1)
    if chances[1] < plan.flip_vertical:
        sample = _flipped(sample, axis=-2)
    if chances[2] < plan.transpose:
        sample = _transposed(sample)
    brightness, contrast = 1.0 + rng.uniform(-1.0, 1.0, 2) * [plan.brightness, plan.contrast]
    if plan.brightness or plan.contrast:
        mean = sample.image_chw.mean()
        image = ((sample.image_chw - mean) * contrast + mean) * brightness
        sample = replace(sample, image_chw=image.clamp(0.0, 1.0).float())
    return sample


def _flipped(sample: Sample, *, axis: int) -> Sample:
    """Mirror along the width (-1) or the height (-2)."""
    side = sample.image_chw.shape[axis]
    low, high = (0, 2) if axis == -1 else (1, 3)
    boxes = sample.boxes_n4.clone()
    boxes[:, low], boxes[:, high] = side - sample.boxes_n4[:, high], side - sample.boxes_n4[:, low]
    return replace(sample, image_chw=sample.image_chw.flip(axis), boxes_n4=boxes, masks_nhw=sample.masks_nhw.flip(axis))


def _transposed(sample: Sample) -> Sample:
    """Swap rows and columns."""
    return replace(
        sample,
        image_chw=sample.image_chw.transpose(-1, -2).contiguous(),
        boxes_n4=sample.boxes_n4[:, torch.tensor([1, 0, 3, 2])],
        masks_nhw=sample.masks_nhw.transpose(-1, -2).contiguous(),
    )
