"""Processes that load samples beside the training: they end with it, and what befalls them is told with its cure."""

import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from types import FrameType
from typing import Any

from torch.utils.data import DataLoader, Dataset

_PATIENCE_SECONDS, _LEAST_AHEAD = 120, 2
_PR_SET_PDEATHSIG = 1


Deal = Callable[[Sequence[Any]], Sequence[Any]]


def everything(batch: Sequence[Any]) -> Sequence[Any]:
    """Deal out a batch to one process alone."""
    return batch


class WorkerError(RuntimeError):
    """A process that loads samples has died or does not answer; the message says what may mend it."""


def loaded_batches(
    dataset: Dataset[Any],
    order: Sequence[Any],
    *,
    batch_size: int,
    workers: int,
    at_once: int | None = None,
    deal: Deal = everything,
    pin: bool = False,
    patience: float = _PATIENCE_SECONDS,
) -> Iterator[list[Any]]:
    """Yield what a dataset gives for each entry of an order, as lists, loaded by so many processes; 0 for none.

    Of each batch only what `deal` gives of it is loaded, which may be nothing. It comes in parts of `at_once`, or as a
    whole, and the processes together are one batch ahead, each two parts at least. Raises WorkerError when one of
    them dies, or does not answer for `patience` seconds.
    """
    part = at_once or batch_size
    dealt = [list(deal(order[first : first + batch_size])) for first in range(0, len(order), batch_size)]
    parts = [[batch[first : first + part] for first in range(0, max(len(batch), 1), part)] for batch in dealt]
    loader = DataLoader(
        dataset,
        batch_sampler=list(chain.from_iterable(parts)),
        num_workers=workers,
        prefetch_factor=max(_LEAST_AHEAD, -(-max(map(len, parts), default=1) // workers)) if workers else None,
        collate_fn=list,
        timeout=patience if workers else 0,
        worker_init_fn=_attach,
        pin_memory=pin,
    )
    try:
        arriving = iter(loader)
        if workers:
            _explain_deaths()
        for batch in parts:
            yield list(chain.from_iterable(islice(arriving, len(batch))))
    except RuntimeError as error:
        raise _explained(error) from error


def _attach(_: int) -> None:
    """In a worker: end with the process that started it, however that ends, and leave signals for its group to it.

    So a terminal's Ctrl-C or a scheduler's SIGTERM lets it finish its step, for which it needs the workers.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setpgrp()


def _explain_deaths() -> None:
    """Put what torch tells of a dead worker into our words also where it comes in the middle of a training step."""
    if threading.current_thread() is not threading.main_thread():
        return
    told = signal.getsignal(signal.SIGCHLD)
    if callable(told) and not isinstance(told, _Explained):
        signal.signal(signal.SIGCHLD, _Explained(told))


@dataclass(frozen=True)
class _Explained:
    told: Callable[[int, FrameType | None], Any]

    def __call__(self, number: int, frame: FrameType | None) -> None:
        try:
            self.told(number, frame)
        except RuntimeError as error:
            raise _explained(error) from error


def _explained(error: RuntimeError) -> RuntimeError:
    """Add to torch's words on a worker what may mend it; any other error stays as it is."""
    words = str(error).strip().rstrip(".")
    if isinstance(error, WorkerError):
        return error
    if words.startswith("DataLoader timed out"):
        cure = "do the images lie on a disk or share that does not answer? `train.workers: 0` loads without processes"
    elif words.startswith("DataLoader worker (pid"):
        cure = (
            "most likely memory ran out, or /dev/shm is too small for the batches (in a container, --shm-size); lower "
            "train.workers or train.batch_size"
        )
    else:
        return error
    return WorkerError(f"loading of images failed ({words}): {cure}; `dvc repro` goes on from the last checkpoint")
