"""How a process joins those that train together: as a launcher such as torchrun says, or by starting them itself."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal

import torch
import torch.distributed as dist

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
        store=None if meeting is None else _assembled(meeting, rank, size),
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


def _assembled(meeting: str, rank: int, size: int) -> Any:
    """Wait until all have come to the meeting: a process that still imports is not one that does not answer.

    Rank 0 watches its companions, and they it, so nobody waits for one that is gone; a signal is heard in between.
    """
    store = dist.FileStore(meeting, size)  # type: ignore[attr-defined] # which torch does not list as its own
    store.set(f"process {rank}", "here")
    while not store.check([f"process {other}" for other in range(size)]):
        time.sleep(_POLL_SECONDS)
    return store
