"""Batches of one epoch: order and augmentation follow from (seed, epoch, image), never from the worker that loads."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch.utils.data import DataLoader, Dataset

from rehead.dataset.augmentation import augment
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Sample, Split

_WORKER_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class _Epoch(Dataset[Sample]):
    split: Split
    plan: AugmentPlan
    seed: int
    epoch: int

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng([self.seed, self.epoch, self.split.images[index].id])
        return augment(self.split[index], self.plan, rng=rng)


def batches(
    split: Split, plan: AugmentPlan, *, batch_size: int, seed: int, epoch: int, workers: int = 0
) -> Iterator[list[Sample]]:
    """Yield an epoch's samples in shuffled batches; the last one may be smaller."""
    order = np.random.default_rng([seed, epoch]).permutation(len(split)).tolist()
    yield from DataLoader(
        _Epoch(split, plan, seed, epoch),
        batch_size=batch_size,
        sampler=order,
        num_workers=workers,
        collate_fn=list,
        timeout=_WORKER_TIMEOUT_SECONDS if workers else 0,
    )
