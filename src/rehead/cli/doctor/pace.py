"""How long a step takes for a pixel, measured on one image that is as large as the time allows."""

import time
from contextlib import suppress
from dataclasses import dataclass

from rehead.cli.doctor.batch import choose_images, reduced, shrunk
from rehead.cli.doctor.clock import Clock
from rehead.cli.doctor.subject import Subject, measured
from rehead.dataset.split import Sample
from rehead.detector.build import Detector
from rehead.training.learner import Learner
from rehead.training.step import DivergedError, take_step

SMALLEST_SIDE = 128
_CLIMB = 2
_SHARE = 0.5
"""Of the time left, that one more measurement may take."""


@dataclass(frozen=True)
class Pace:
    """Seconds of a step for a pixel, and the shorter side of the image that it was measured on."""

    seconds: float
    side: int


def measure_pace(subject: Subject, detector: Detector) -> Pace:
    """Time a step with one small image, after one that warms up; a copy of the detector learns."""
    return _measured(subject, detector, _sample(subject), min(subject.own_side, SMALLEST_SIDE), steps=2)


def climb(subject: Subject, detector: Detector, pace: Pace, clock: Clock) -> Pace:
    """Measure images of twice the side as long as one more fits the time: small ones are slower for each pixel."""
    sample = _sample(subject)
    while (side := pace.side * _CLIMB) < subject.own_side:
        pixels = shrunk(sample, side).image_chw[0].numel()
        if pace.seconds * pixels > _SHARE * clock.left:
            break
        pace = _measured(subject, detector, sample, side, steps=1)
    return pace


def _measured(subject: Subject, detector: Detector, sample: Sample, side: int, *, steps: int) -> Pace:
    small = shrunk(sample, side)
    learner = Learner(reduced(detector, side), subject.plans.train, images=1)
    learner.begin(1)
    took = 0.0
    for _ in range(steps):
        began = time.perf_counter()
        with suppress(DivergedError):  # told by the check that looks at losses
            take_step(learner, [small])
        took = time.perf_counter() - began
    return Pace(took / small.image_chw[0].numel(), side)


def _sample(subject: Subject) -> Sample:
    place = next(iter(choose_images(measured(subject.train), count=1)), None)
    if place is None:
        raise ValueError("the training images hold no objects: `rehead check` the source")
    return subject.train[place]
