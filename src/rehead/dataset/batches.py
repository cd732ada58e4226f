"""Batches of one epoch: order and augmentation follow from (seed, epoch, image), never from the worker that loads."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from torch.utils.data import DataLoader, Dataset

from rehead.dataset.augmentation import augment, draw_view
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import ImageRecord, Sample, Split
from rehead.dataset.views import View

_WORKER_TIMEOUT_SECONDS = 120

Knows = Callable[[ImageRecord, View], bool]


def _nothing(record: ImageRecord, view: View) -> bool:
    """Know no features."""
    return False


@dataclass(frozen=True)
class _Epoch(Dataset[Sample]):
    split: Split
    plan: AugmentPlan
    seed: int
    epoch: int
    knows: Knows

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, index: int) -> Sample:
        record = self.split.images[index]
        rng = np.random.default_rng([self.seed, self.epoch, record.id])
        view = draw_view(self.plan, rng=rng)
        if self.plan.finite:
            return self.split.sample(index, view, pixels=not self.knows(record, view))
        return augment(self.split.sample(index, view), self.plan, rng=rng)


def batches(
    split: Split,
    plan: AugmentPlan,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    workers: int = 0,
    skip: int = 0,
    knows: Knows = _nothing,
) -> Iterator[list[Sample]]:
    """Yield an epoch's samples in shuffled batches, without the first `skip`; the last one may be smaller.

    Where `knows` says that an image's features are at hand, its sample comes without pixels.
    """
    order = np.random.default_rng([seed, epoch]).permutation(len(split)).tolist()
    yield from DataLoader(
        _Epoch(split, plan, seed, epoch, knows),
        batch_size=batch_size,
        sampler=order[skip * batch_size :],
        num_workers=workers,
        collate_fn=list,
        timeout=_WORKER_TIMEOUT_SECONDS if workers else 0,
    )
