"""What an epoch takes: with how many images it is measured, and what follows from it."""

import numpy as np

from rehead.cli.doctor.clock import Clock
from rehead.cli.doctor.finding import Finding
from rehead.cli.doctor.forecast import Timing, Workload, judge_forecast, predict
from rehead.cli.doctor.pace import Pace, climb
from rehead.cli.doctor.subject import Subject
from rehead.cli.doctor.timing import TIMED_STEPS, measure_timing
from rehead.cli.learning import estimate_bytes
from rehead.cli.memory import Memory, in_gib
from rehead.cli.scale import pixels_seen
from rehead.detector.build import Detector
from rehead.progress import progress

_STEPS_NEEDED = 2.0
"""Of one image: what a first step takes more than others, and one that is timed."""
_MOST_OF_MEMORY = 0.8
_PREDICTION_SHARE = 1 / 3
"""Of a training step's time, what predicting takes: the way forward without the one back."""


def judge_cost(
    subject: Subject, detector: Detector, clock: Clock, *, memory: Memory, free: float, pace: Pace
) -> Finding:
    """Measure what time and memory allow, and predict the rest; `pace` is how fast steps went so far."""
    plans, survey = subject.plans, subject.survey(memory)
    pixels = float(np.median(pixels_seen(survey.measured, plans)))
    size = plans.train.images_at_once
    work = Workload(subject.images, subject.val_images, size, plans.train.epochs, plans.train.workers)
    estimate = estimate_bytes(survey, plans, batch_size=work.batch_size)
    sizes = [size for size in _halved(work.batch_size) if size <= len(subject.train) or size == 1]
    bytes_of = {size: estimate_bytes(survey, plans, batch_size=size) for size in sizes}
    affordable = [size for size in sizes if bytes_of[size] <= _MOST_OF_MEMORY * free]
    if not affordable:
        told = (
            f"one image alone takes an estimated {in_gib(bytes_of[1])}, {in_gib(free)} are free: nothing was measured"
        )
        return Finding("cost", "fail", told, "lower model.input_size, or cut images with data.tile")
    if pace.seconds * pixels * _STEPS_NEEDED > clock.left:
        pace = climb(subject, detector, pace, clock)
    if pace.seconds * pixels * _STEPS_NEEDED > clock.left:
        image = pace.seconds * pixels
        step = image * work.batch_size
        timing = Timing(work.batch_size, (step,), (0.0,), image * _PREDICTION_SHARE, estimate, estimate)
        return judge_forecast(predict(timing, work), timing, work, free=free, estimate=estimate, scaled_from=pace.side)
    with progress("first steps", TIMED_STEPS + 1) as bar:
        timing = measure_timing(subject, detector, clock, batch_sizes=affordable, on_step=bar.advance)
    return judge_forecast(predict(timing, work), timing, work, free=free, estimate=estimate)


def _halved(size: int) -> list[int]:
    """List a batch size and its halves, down to one."""
    return [size, *_halved(size // 2)] if size > 1 else [1]
