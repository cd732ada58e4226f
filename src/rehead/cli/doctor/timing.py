"""The first real steps of an epoch, timed, and the most memory that they took."""

import time
from collections.abc import Callable, Iterator
from itertools import chain, count
from pathlib import Path

import psutil
import torch

from rehead.cli.doctor.batch import part_of
from rehead.cli.doctor.clock import Clock
from rehead.cli.doctor.forecast import Timing
from rehead.cli.doctor.subject import Subject
from rehead.dataset.batches import batches
from rehead.dataset.split import Sample
from rehead.detector.build import Detector
from rehead.evaluation.validation import score_split
from rehead.training.loop import Learner, take_step

TIMED_STEPS = 4
_LEAST_STEPS = 2
"""One that warms up and one to go by are taken, whatever the time."""
_STEPS_SHARE = 0.7
_VAL_IMAGES = 4
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_KIB = 1024


def measure_timing(
    subject: Subject,
    detector: Detector,
    clock: Clock,
    *,
    batch_size: int,
    on_step: Callable[[str], None] = lambda note: None,
) -> Timing:
    """Train for some steps with `batch_size` images each, as the first epoch does, then predict some images.

    The first step warms up. The detector learns in it. Raises DivergedError.
    """
    plan = subject.plans.train.model_copy(update={"batch_size": batch_size, "workers": 0})
    learner = Learner(detector, plan, images=subject.images)
    learner.begin(1)
    memory = _peak_memory(learner.device)
    fixed, end = memory(), clock.left * (1 - _STEPS_SHARE)
    steps: list[float] = []
    loads: list[float] = []
    stream = _endless(subject, batch_size)
    while len(steps) < _LEAST_STEPS or (len(steps) <= TIMED_STEPS and clock.left - end > steps[-1] + loads[-1]):
        began = time.perf_counter()
        samples = next(stream)
        loads.append(time.perf_counter() - began)
        step = take_step(learner, samples, epoch=1, index=len(steps))
        steps.append(time.perf_counter() - began - loads[-1])
        on_step(f"loss {step.losses['loss']:.3f}")
    peak = memory()
    return Timing(batch_size, tuple(steps), tuple(loads), _validation(subject, detector), peak, fixed)


def _validation(subject: Subject, detector: Detector) -> float:
    """Time the prediction and scoring of some validation images, as many at a time as there are threads."""
    places = list(range(min(len(subject.val), max(_VAL_IMAGES, torch.get_num_threads()))))
    few = part_of(subject.val, places)
    began = time.perf_counter()
    score_split(detector, few)
    return (time.perf_counter() - began) / len(few)


def _endless(subject: Subject, batch_size: int) -> Iterator[list[Sample]]:
    """Yield the full batches of the first epoch, and of more where it is short."""
    plan = subject.plans.train
    epochs = (
        batches(subject.train, plan.augment, batch_size=batch_size, seed=plan.seed, epoch=number) for number in count(1)
    )
    return (samples for samples in chain.from_iterable(epochs) if len(samples) == min(batch_size, len(subject.train)))


def _peak_memory(device: torch.device) -> Callable[[], float]:
    """Give a function that tells the most bytes that the process, or the GPU, has held since now.

    Where Linux does not let the mark be reset, what is held at the moment stands for it.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return lambda: float(torch.cuda.max_memory_reserved(device))
    try:
        _RESET.write_text("5")
    except OSError:
        return lambda: float(psutil.Process().memory_info().rss)
    return _highest


def _highest() -> float:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return float(line.split()[1]) * _KIB
