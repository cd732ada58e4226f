"""Changes to an image and its truth together, from a generator of the sample's own."""

from dataclasses import replace

import numpy as np

from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Sample
from rehead.dataset.views import View


def draw_view(plan: AugmentPlan, *, rng: np.random.Generator) -> View:
    """Choose how an image is seen; the first three numbers of the sample's generator decide it."""
    chances = rng.random(3)
    return View(*(bool(chance < wanted) for chance, wanted in zip(chances, plan.turns, strict=True)))


def augment(sample: Sample, plan: AugmentPlan, *, rng: np.random.Generator) -> Sample:
    """Vary one sample beyond its view; the same generator state gives the same result."""
    brightness, contrast = 1.0 + rng.uniform(-1.0, 1.0, 2) * [plan.brightness, plan.contrast]
    if plan.brightness or plan.contrast:
        mean = sample.image_chw.mean()
        image = ((sample.image_chw - mean) * contrast + mean) * brightness
        sample = replace(sample, image_chw=image.clamp(0.0, 1.0).float())
    return sample
