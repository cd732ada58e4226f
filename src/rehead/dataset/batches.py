"""Batches of one epoch: order and augmentation follow from (seed, epoch, image), never from the worker that loads."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import Dataset

from rehead.dataset.augmentation import augment, draw_view
from rehead.dataset.ordering import Visit, visits
from rehead.dataset.plan import AugmentPlan, Balance
from rehead.dataset.split import ImageRecord, Sample, SampleError, Split
from rehead.dataset.views import View
from rehead.dataset.workers import Deal, everything, loaded_batches

Knows = Callable[[ImageRecord, View], bool]


def nothing_known(record: ImageRecord, view: View) -> bool:
    """Know no features."""
    return False


def batches(
    split: Split,
    plan: AugmentPlan,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    balance: Balance = "off",
    workers: int = 0,
    at_once: int | None = None,
    skip: int = 0,
    deal: Deal = everything,
    knows: Knows = nothing_known,
) -> Iterator[list[Sample]]:
    """Yield an epoch's samples in shuffled batches, without the first `skip`; the last one may be smaller.

    Of each batch only what `deal` gives of it is loaded: a process's part of what several learn from together. A worker
    loads `at_once` images at a time, or a batch. Where `knows` says that an image's features are at hand, its sample
    comes without pixels. Raises SampleError, and WorkerError.
    """
    order = visits(split, balance=balance, seed=seed, epoch=epoch)[skip * batch_size :]
    samples = EpochSamples(split, plan, seed, epoch, knows)
    pin = torch.cuda.is_available()
    for batch in loaded_batches(
        samples, order, batch_size=batch_size, workers=workers, at_once=at_once, deal=deal, pin=pin
    ):
        for sample in batch:
            if isinstance(sample, SampleError):
                raise sample
        yield batch


@dataclass(frozen=True)
class EpochSamples(Dataset[Sample | SampleError]):
    """An epoch's samples by visit; an error is handed over, since a worker would drown it in its traceback."""

    split: Split
    plan: AugmentPlan
    seed: int
    epoch: int
    knows: Knows

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, visit: Visit) -> Sample | SampleError:
        try:
            return self._varied(visit)
        except SampleError as error:
            return error

    def _varied(self, visit: Visit) -> Sample:
        place, record = visit.place, self.split.images[visit.place]
        # An image that comes again in an epoch is varied anew; its first visit is the same in any order.
        again = [visit.repeat] if visit.repeat else []
        rng = np.random.default_rng([self.seed, self.epoch, record.id, *again])
        view = draw_view(self.plan, rng=rng)
        if self.plan.finite:
            return self.split.sample(place, view, pixels=not self.knows(record, view))
        others = max(len(self.split) - 1, 1)

        def donor() -> Sample:
            another = (place + 1 + int(rng.integers(others))) % len(self.split)
            return self.split.sample(another, draw_view(self.plan, rng=rng))

        return augment(self.split.sample(place, view), self.plan, donor, rng=rng)
