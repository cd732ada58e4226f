"""The first real steps of an epoch, timed, and the most memory that they took."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from typing import Any

import torch

from rehead.cli.doctor.batch import part_of
from rehead.cli.doctor.clock import Clock
from rehead.cli.doctor.forecast import Timing
from rehead.cli.doctor.subject import Subject
from rehead.dataset.batches import batches
from rehead.dataset.split import Sample
from rehead.detector.build import Detector
from rehead.evaluation.validation import score_split
from rehead.training.learner import Learner
from rehead.training.memory import peak_memory
from rehead.training.step import take_step

TIMED_STEPS = 4
_LEAST_STEPS = 2
_STEPS_SHARE = 0.75
_SLOWER = 1.2
"""How much longer a step may take than the last one, or than one image's for each image."""
_TRACKING_BYTES = 180 * (1 << 20)
"""MLflow in the training's process, which is not loaded here: measured."""
_SAVED_COPIES = 3
"""Copies of its state that a training holds while it saves them after an epoch: in torch's form, as bytes, hashed."""


def measure_timing(
    subject: Subject,
    detector: Detector,
    clock: Clock,
    *,
    batch_sizes: Sequence[int],
    on_step: Callable[[str], None] = lambda note: None,
) -> Timing:
    """Train for some steps as the first epoch does, then predict some images.

    A step with one image warms up; by its time the first of `batch_sizes` is taken with which two steps fit, else the
    last. Where not one fits, the first step has to do. The detector learns. Raises DivergedError.
    """
    plan = subject.plans.train.model_copy(update={"workers": 0})
    learner = Learner(detector, plan, images=subject.images)
    learner.begin(1)
    memory = peak_memory(learner.device)
    before, end = memory(), clock.left * (1 - _STEPS_SHARE)

    def timed(samples: Iterator[list[Sample]], number: int) -> tuple[float, float]:
        began = time.perf_counter()
        batch = next(samples)
        loaded = time.perf_counter()
        step = take_step(learner, batch)
        on_step(f"loss {step.losses['loss']:.3f}")
        return loaded - began, time.perf_counter() - loaded

    first = timed(_endless(subject, 1), 0)
    size = _affordable(batch_sizes, sum(first), clock.left - end)
    stream = _endless(subject, size)
    steps: list[tuple[float, float]] = []
    expected = sum(first) * size
    while len(steps) < TIMED_STEPS and clock.left - end > _SLOWER * expected:
        steps.append(timed(stream, len(steps) + 1))
        expected = sum(steps[-1])
    size, steps = (size, steps) if steps else (1, [first])
    loads, takes = (tuple(values) for values in zip(*steps, strict=True))
    validation, peak = _validation(subject, detector), memory()
    if learner.device.type == "cpu":
        peak = max(peak, before + _SAVED_COPIES * _bytes_of(learner.state())) + _TRACKING_BYTES
        before += _TRACKING_BYTES
    return Timing(size, takes, loads, validation, peak, before)


def _bytes_of(state: Any) -> int:
    """Count the bytes of all tensors in a nested state."""
    if isinstance(state, torch.Tensor):
        return state.nbytes
    parts = state.values() if isinstance(state, dict) else state if isinstance(state, list | tuple) else ()
    return sum(_bytes_of(part) for part in parts)


def _affordable(sizes: Sequence[int], one: float, seconds: float) -> int:
    fitting = [size for size in sizes if _SLOWER * _LEAST_STEPS * one * size <= seconds]
    return fitting[0] if fitting else sizes[-1]


def _validation(subject: Subject, detector: Detector) -> float:
    """Time the prediction and scoring of some validation images, as many as are predicted at a time."""
    few = part_of(subject.val, range(min(len(subject.val), torch.get_num_threads())))
    began = time.perf_counter()
    score_split(detector, few)
    return (time.perf_counter() - began) / len(few)


def _endless(subject: Subject, batch_size: int) -> Iterator[list[Sample]]:
    """Yield the full batches of the first epoch, and of more where it is short."""
    plan = subject.plans.train
    epochs = (
        batches(subject.train, plan.augment, batch_size=batch_size, seed=plan.seed, epoch=number) for number in count(1)
    )
    return (samples for samples in chain.from_iterable(epochs) if len(samples) == batch_size)
