"""How a process joins those that train together: as a launcher such as torchrun says, or by starting them itself."""

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from rehead.training.companions import MEETING, companions, end_with_leader
from rehead.training.distributed import ALONE, Group
from rehead.training.plan import TrainPlan

_POLL_SECONDS = 0.1
_CUT_OFF = ("connection closed by peer", "connection reset by peer", "broken pipe")
"""What gloo says of a process that is gone."""


def follows() -> bool:
    """Tell whether a launcher, or the process of rank 0, has started this process as another one's follower."""
    return int(os.environ.get("RANK", "0")) > 0


def process_count(asked: int | Literal["auto"]) -> int:
    """Count the processes of a run: WORLD_SIZE where a launcher has set it, else as asked; `auto` is one a GPU.

    Raises ValueError where there are GPUs, but fewer than processes on this machine.
    """
    gpus = torch.cuda.device_count()
    here = max(1, gpus) if asked == "auto" else asked
    if "RANK" in os.environ:
        here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if gpus and here > gpus:
        raise ValueError(f"train.processes: {here} processes want a GPU each and there are {gpus}; ask for {gpus}")
    return int(os.environ["WORLD_SIZE"]) if "RANK" in os.environ else here


@contextmanager
def joined(plan: TrainPlan) -> Iterator[Group]:
    """Be one of the processes that train together; the first one starts the others, unless a launcher has.

    Where one of them ends, raises or does not answer within `plan.process_timeout`, all end; RuntimeError says which.
    """
    size, timeout = process_count(plan.processes), plan.process_timeout
    if "RANK" in os.environ:
        if MEETING in os.environ:
            end_with_leader()
        with _met(int(os.environ["RANK"]), size, timeout=timeout, meeting=os.environ.get(MEETING)) as group:
            yield group
    elif size == 1:
        yield ALONE
    else:
        with _led(size, timeout=timeout) as group:
            yield group


@contextmanager
def _led(size: int, *, timeout: float) -> Iterator[Group]:
    """Start companions on this machine, reachable from it alone, and share its processors with them."""
    before = torch.get_num_threads()
    threads = max(1, before // size)
    loopback = {name: os.environ.get(name, "lo") for name in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME")}
    os.environ.update(loopback)
    torch.set_num_threads(threads)
    try:
        with (
            companions(size, environment={"OMP_NUM_THREADS": str(threads)}) as (others, meeting),
            _met(0, size, timeout=timeout, meeting=str(meeting)) as group,
        ):
            others.met = True
            yield group
    finally:
        torch.set_num_threads(before)


@contextmanager
def _met(rank: int, size: int, *, timeout: float, meeting: str | None) -> Iterator[Group]:
    """Join the group over the file `meeting`, or as the launcher's environment says; leave it together."""
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", rank)))
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
        store=assembled(
            _board(meeting, rank, size, timeout=timeout), rank, size, patience=math.inf if meeting else timeout
        ),
        rank=rank,
        world_size=size,
        timeout=timedelta(seconds=timeout),
    )
    try:
        yield Group(rank, size)
        dist.barrier()
    except RuntimeError as error:
        words = str(error).lower()
        if "timed out" in words:
            raise RuntimeError(
                f"a process did not answer within {timeout:g} s (train.process_timeout): {error}"
            ) from error
        if any(sign in words for sign in _CUT_OFF):
            raise RuntimeError(
                "another process that trains with this one has ended, and its own message says why; run it again to "
                "go on from the last checkpoint"
            ) from error
        raise
    finally:
        dist.destroy_process_group()


def _board(meeting: str | None, rank: int, size: int, *, timeout: float) -> Any:
    """Open the store that all can write to: the file of a meeting, or what the launcher's environment says."""
    if meeting is not None:
        return dist.FileStore(meeting, size)  # type: ignore[attr-defined] # which torch does not list as its own
    return next(rendezvous("env://", rank, size, timeout=timedelta(seconds=timeout)))[0]


def assembled(store: Any, rank: int, size: int, *, patience: float) -> Any:
    """Wait until all have come, and give the part of the store that is theirs alone; a signal is heard in between.

    torchrun keeps its store when it starts all processes again (pytorch/pytorch#135712), and the addresses of those
    that are gone would be taken for those of the new ones. So each comes under a new name and tells whose names it has
    read: once all tell the same, all of them are alive.

    A process that still imports is not one that does not answer: companions, who watch one another, have an endless
    patience. Raises RuntimeError where it ends.
    """
    until, told = time.monotonic() + patience, list[str]()
    store.set(f"name {rank}", uuid4().hex)
    while True:
        names = _posted(store, "name", size)
        if names and names != told:
            store.set(f"names read by {rank}", " ".join(names))
            told = names
        if names and set(_posted(store, "names read by", size)) == {" ".join(names)}:
            return PrefixStore(names[0], store)
        if time.monotonic() > until:
            raise RuntimeError(
                f"not all {size} processes came within {patience:g} s (train.process_timeout); "
                "raise it, or look at the other processes' messages"
            )
        time.sleep(_POLL_SECONDS)


def _posted(store: Any, what: str, size: int) -> list[str]:
    """Read what every process has posted; nothing as long as one of them has not."""
    keys = [f"{what} {rank}" for rank in range(size)]
    return [value.decode() for value in store.multi_get(keys)] if store.check(keys) else []
