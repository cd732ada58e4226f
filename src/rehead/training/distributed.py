"""Several processes that learn one model: who they are, and what they tell one another.

The images of a step are dealt out. Each process gives its losses the weight of what they were averaged over, and the
gradients are added up in one exchange, so the step is that of one process with all the images. Nothing else is
exchanged in a step: every process has the same weights, optimiser and schedule, and takes the same step.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn

from rehead.training.companions import MEETING, companions, end_with_leader
from rehead.training.plan import TrainPlan

T = TypeVar("T")


@dataclass(frozen=True)
class Group:
    """The processes that train together, as one of them sees them; alone, every exchange gives back what it got."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Tell whether this is the process that writes files, tracks the run and shows progress."""
        return self.rank == 0

    def part(self, items: Sequence[T]) -> Sequence[T]:
        """Deal out items in turn, and give this process's own; there may be none for it."""
        return items[self.rank :: self.size]

    def total(self, values: Tensor) -> Tensor:
        """Add up a tensor over all processes, in place."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def whole(self, own: Sequence[T]) -> list[T]:
        """Put back together, in every process and in the old order, what each made of its part, one for each item."""
        every = self.gathered(list(own))
        return [every[place % self.size][place // self.size] for place in range(sum(map(len, every)))]

    def shared(self, make: Callable[[], T]) -> T:
        """Let rank 0 alone make something, and give it to every process; any object that can be pickled."""
        if self.size == 1:
            return make()
        box = [make() if self.leads else None]
        dist.broadcast_object_list(box, src=0)
        return cast(T, box[0])

    def gathered(self, item: T) -> list[T]:
        """Give every process what each of them has, in the order of their ranks."""
        items = [item] * self.size
        if self.size > 1:
            dist.all_gather_object(items, item)
        return items

    def asked(self, status: int | None) -> int | None:
        """Give every process the exit status that somebody has asked any of them for; None where nobody has."""
        if self.size == 1:
            return status
        heard = torch.tensor([status or 0])
        dist.all_reduce(heard, op=dist.ReduceOp.MAX)
        return int(heard) or None

    def agree(self, facts: Mapping[str, str]) -> None:
        """Raise ValueError in every process if one of them has another value for a fact than rank 0 has."""
        for rank, others in enumerate(every := self.gathered(dict(facts))):
            for name, value in every[0].items():
                if others[name] != value:
                    raise ValueError(
                        f"{name} is {value} for process 0 and {others[name]} for process {rank}: give every host the "
                        "same inputs and the same code"
                    )

    def sum_gradients(self, model: nn.Module) -> None:
        """Add up the gradients of all that learns, and average the running statistics that move, in one exchange.

        What has no gradient here counts as zero, so that a process without an image can take part.
        """
        if self.size == 1:
            return
        learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
        for parameter in learning:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        moving = list(moving_statistics(model))
        exchanged = [parameter.grad for parameter in learning if parameter.grad is not None] + moving
        flat = torch.cat([value.reshape(-1) for value in exchanged])
        flat[flat.numel() - sum(value.numel() for value in moving) :] /= self.size
        dist.all_reduce(flat)
        for value, piece in zip(exchanged, flat.split([value.numel() for value in exchanged]), strict=True):
            value.copy_(piece.view_as(value))


ALONE = Group()


def follows() -> bool:
    """Tell whether a launcher, or the process of rank 0, has started this process as another one's follower."""
    return int(os.environ.get("RANK", "0")) > 0


def moving_statistics(model: nn.Module) -> Iterable[Tensor]:
    """List the running means and variances of the batch norms in training mode.

    Each process normalises by its own images, as in one process with that batch; only what evaluation uses is shared.
    """
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.training:
            yield from (value for value in (module.running_mean, module.running_var) if value is not None)


def process_count(asked: int | Literal["auto"]) -> int:
    """Count the processes of a run: WORLD_SIZE where a launcher has set it, else as asked; `auto` is one a GPU.

    Raises ValueError where there are GPUs, but fewer than processes on this machine.
    """
    gpus = torch.cuda.device_count()
    here = max(1, gpus) if asked == "auto" else asked
    if "WORLD_SIZE" in os.environ:
        here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if gpus and here > gpus:
        raise ValueError(f"train.processes: {here} processes want a GPU each and there are {gpus}; ask for {gpus}")
    return int(os.environ.get("WORLD_SIZE", here))


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
        init_method=None if meeting is None else f"file://{Path(meeting).absolute()}",
        rank=rank,
        world_size=size,
        timeout=timedelta(seconds=timeout),
    )
    try:
        yield Group(rank, size)
        dist.barrier()
    except RuntimeError as error:
        if "timed out" in str(error).lower():
            raise RuntimeError(
                f"a process did not answer within {timeout:g} s (train.process_timeout): {error}"
            ) from error
        raise
    finally:
        dist.destroy_process_group()
