"""The training loop as a generator of epochs; the caller validates, logs, saves, stops or prunes between two."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rehead.dataset.batches import batches, nothing_known
from rehead.dataset.split import Split
from rehead.training.determinism import reproducible
from rehead.training.learner import Learner
from rehead.training.step import Step, take_step


@dataclass(frozen=True)
class Epoch:
    """One pass over the training split, numbered from 1: its steps, their mean losses, images a second, seconds."""

    number: int
    steps: tuple[Step, ...]
    losses: dict[str, float]
    images_per_second: float
    seconds: float


def train(
    learner: Learner,
    split: Split,
    *,
    earlier: Sequence[Step] = (),
    on_step: Callable[[Step], None] = lambda step: None,
    until: Callable[[], bool] = lambda: False,
) -> Iterator[Epoch]:
    """Yield each remaining epoch of the learner's plan; `earlier` are the steps of the first one that are done.

    No other begins once `until` says so, or the plan's minutes would not suffice; what the caller does between two
    epochs counts.
    All random choices follow from (seed, epoch) and the step or the image, so an interrupted run goes on exactly where
    it was. `on_step` may raise: the learner is then as the step left it, and its state can be saved.
    Raises DivergedError with the losses and the image names when a loss is not finite.
    """
    plan = learner.plan
    while learner.epochs_done < learner.budget.epochs and not learner.group.shared(until):
        learner.begin(learner.epoch)
        start = time.perf_counter()
        steps, earlier = list(earlier), ()
        for samples in batches(
            split,
            learner.augment,
            batch_size=plan.images_a_step,
            seed=plan.seed,
            epoch=learner.epoch,
            balance=plan.balance,
            workers=plan.workers,
            at_once=plan.images_at_once,
            skip=learner.steps_in_epoch,
            deal=learner.group.part,
            knows=learner.trunk.cache.knows if learner.trunk else nothing_known,
        ):
            with reproducible(asked=plan.deterministic):
                step = take_step(learner, samples)
            steps.append(replace(step, seconds=time.perf_counter() - start))
            learner.budget.spend(steps[-1].seconds, step=step.number)
            on_step(steps[-1])
            start = time.perf_counter()
        learner.budget.pause()
        learner.average.show()
        learner.epochs_done, learner.steps_in_epoch = learner.epoch, 0
        yield epoch_of(steps)
        learner.budget.count_pause(step=learner.steps_done)


def epoch_of(steps: Sequence[Step]) -> Epoch:
    """Sum up the steps of one epoch."""
    seconds = sum(step.seconds for step in steps)
    images = sum(step.images for step in steps)
    return Epoch(steps[0].epoch, tuple(steps), _mean_losses(steps), images / seconds, seconds)


def _mean_losses(steps: Sequence[Step]) -> dict[str, float]:
    return {name: sum(step.losses[name] for step in steps) / len(steps) for name in steps[0].losses}
