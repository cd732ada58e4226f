"""Batches of one epoch: order and augmentation follow from (seed, epoch, image), never from the worker that loads."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from torch.utils.data import Dataset

from rehead.dataset.augmentation import augment, draw_view
from rehead.dataset.ordering import Visit, visits
from rehead.dataset.plan import AugmentPlan, Balance
from rehead.dataset.split import ImageRecord, Sample, Split
from rehead.dataset.views import View
from rehead.dataset.workers import Deal, everything, loaded_batches

Knows = Callable[[ImageRecord, View], bool]


class SampleError(ValueError):
    """An image cannot be loaded any more; the message names the file, the reason and the cure."""


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
    skip: int = 0,
    deal: Deal = everything,
    knows: Knows = nothing_known,
) -> Iterator[list[Sample]]:
    """Yield an epoch's samples in shuffled batches, without the first `skip`; the last one may be smaller.

    Of each batch only what `deal` gives of it is loaded: a process's part of what several learn from together.
    Where `knows` says that an image's features are at hand, its sample comes without pixels. Raises SampleError, and
    WorkerError.
    """
    order = visits(split, balance=balance, seed=seed, epoch=epoch)[skip * batch_size :]
    samples = EpochSamples(split, plan, seed, epoch, knows)
    for batch in loaded_batches(samples, order, batch_size=batch_size, workers=workers, deal=deal):
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
            return self._loaded(place, view, pixels=not self.knows(record, view))
        others = max(len(self.split) - 1, 1)

        def donor() -> Sample:
            another = (place + 1 + int(rng.integers(others))) % len(self.split)
            return self._loaded(another, draw_view(self.plan, rng=rng))

        return augment(self._loaded(place, view), self.plan, donor, rng=rng)

    def _loaded(self, place: int, view: View, *, pixels: bool = True) -> Sample:
        """Load a sample; raises SampleError where its file is damaged or another image than it was."""
        path = self.split.folder / "images" / self.split.images[place].file_name
        try:
            sample = self.split.sample(place, view, pixels=pixels)
        except Exception as error:  # whatever a decoder makes of a damaged file
            raise SampleError(_unreadable(path, f"{type(error).__name__}: {error}")) from error
        found = tuple(sample.image_chw.shape[1:])
        if pixels and found != sample.size_hw:
            raise SampleError(_unreadable(path, f"it is {found} instead of {sample.size_hw} pixels high and wide"))
        return sample


def _unreadable(path: object, because: str) -> str:
    return (
        f"{path} cannot be learned from ({because}): it has changed since ingest; `dvc repro -f ingest` writes it anew"
    )
