"""The training loop as a generator of epochs; the caller validates, logs, saves, stops or prunes between two."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rehead.dataset.batches import batches
from rehead.dataset.split import Split
from rehead.training.learner import Learner
from rehead.training.step import Step, take_step


@dataclass(frozen=True)
class Epoch:
    """One pass over the training split, numbered from 1: its steps, their mean losses, images a second, seconds.

    After an interruption they are those of the part that was left.
    """

    number: int
    steps: tuple[Step, ...]
    losses: dict[str, float]
    images_per_second: float
    seconds: float


def train(learner: Learner, split: Split, *, on_step: Callable[[Step], None] = lambda step: None) -> Iterator[Epoch]:
    """Yield each remaining epoch of the learner's plan.

    All random choices follow from (seed, epoch) and the step or the image, so an interrupted run goes on exactly where
    it was. `on_step` may raise: the learner is then as the step left it, and its state can be saved.
    Raises DivergedError with the losses and the image names when a loss is not finite.
    """
    plan = learner.plan
    while learner.epochs_done < plan.epochs:
        learner.begin(learner.epoch)
        start = time.perf_counter()
        steps: list[Step] = []
        for samples in batches(
            split,
            plan.augment,
            batch_size=plan.images_a_step,
            seed=plan.seed,
            epoch=learner.epoch,
            workers=plan.workers,
            skip=learner.steps_in_epoch,
        ):
            steps.append(take_step(learner, samples))
            on_step(steps[-1])
        learner.average.show()
        yield _finished(learner, steps, time.perf_counter() - start)


def _finished(learner: Learner, steps: Sequence[Step], seconds: float) -> Epoch:
    learner.epochs_done, learner.steps_in_epoch = learner.epoch, 0
    images = sum(step.images for step in steps)
    return Epoch(learner.epochs_done, tuple(steps), _mean_losses(steps), images / seconds, seconds)


def _mean_losses(steps: Sequence[Step]) -> dict[str, float]:
    return {name: sum(step.losses[name] for step in steps) / len(steps) for name in steps[0].losses}
