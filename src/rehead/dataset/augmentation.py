"""Changes to an image and its truth together, from a generator of the sample's own."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from rehead.coco.windows import Window
from rehead.dataset.colours import Shade, shaded
from rehead.dataset.copy_paste import paste
from rehead.dataset.frames import Frame, cutting, framed, scaling
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Sample
from rehead.dataset.views import View

_SMALLEST_CUT = 0.5


def draw_view(plan: AugmentPlan, *, rng: np.random.Generator) -> View:
    """Choose how an image is seen; the first three numbers of the sample's generator decide it."""
    chances = rng.random(3)
    return View(*(bool(chance < wanted) for chance, wanted in zip(chances, plan.turns, strict=True)))


def augment(sample: Sample, plan: AugmentPlan, donor: Callable[[], Sample], *, rng: np.random.Generator) -> Sample:
    """Vary one sample beyond its view; the same generator state gives the same result.

    `donor` loads the sample whose objects are pasted, where chance wants any. Both are shaded and scaled, each in its
    own way, and what they give together is cut. No sample loses all its objects.
    """
    sample = _shaded(sample, plan, rng=rng)
    if plan.scales != (1.0, 1.0):
        sample = _kept(sample, _scaled(sample, sample.size_hw, plan, rng=rng))
    if rng.random() < plan.copy_paste:
        giving = _shaded(donor(), plan, rng=rng)
        sample = paste(sample, framed(giving, _scaled(giving, sample.size_hw, plan, rng=rng)), rng=rng)
    if rng.random() < plan.crop:
        height, width = rng.uniform(_SMALLEST_CUT, 1.0, 2).tolist()
        sample = _kept(sample, cutting(sample.size_hw, (height, width), rng=rng, around=_one_of(sample, rng=rng)))
    return sample


def _shaded(sample: Sample, plan: AugmentPlan, *, rng: np.random.Generator) -> Sample:
    """Draw and make a change of colours; before any rim is added, which must stay what the network sees as nothing."""
    brightness, contrast = 1.0 + rng.uniform(-1.0, 1.0, 2) * [plan.brightness, plan.contrast]
    saturation, hue = rng.uniform(-1.0, 1.0, 2) * [plan.saturation, plan.hue]
    shade = Shade(float(brightness), float(contrast), float(1.0 + saturation), float(hue))
    return replace(sample, image_chw=shaded(sample.image_chw, shade))


def _scaled(sample: Sample, canvas_hw: tuple[int, int], plan: AugmentPlan, *, rng: np.random.Generator) -> Frame:
    """Draw a factor of size, 1 being that at which the network sees the canvas and the sample equally large."""
    fitting = min(canvas_hw) / min(sample.size_hw)
    factor = fitting * float(rng.uniform(*plan.scales))
    return scaling(sample.size_hw, canvas_hw, factor, rng=rng, around=_one_of(sample, rng=rng))


def _one_of(sample: Sample, *, rng: np.random.Generator) -> Window | None:
    """Choose an object that must be seen; None where there is none."""
    return sample.crops[int(rng.integers(len(sample.crops)))].window if sample.crops else None


def _kept(sample: Sample, frame: Frame) -> Sample:
    """Frame a sample, or leave it as it is where no object would be left."""
    changed = framed(sample, frame)
    return changed if changed.crops or not sample.crops else sample
