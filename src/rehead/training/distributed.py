"""Several processes that learn one model: who they are, and what they tell one another.

The images of a step are dealt out. Each process gives its losses the weight of what they were averaged over, and the
gradients are added up in one exchange, so the step is that of one process with all the images. Nothing else is
exchanged in a step: every process has the same weights, optimiser and schedule, and takes the same step.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn

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

    def count(self, items: int) -> int:
        """Add up a number over all processes."""
        return int(self.total(torch.tensor(items))) if self.size > 1 else items

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


def moving_statistics(model: nn.Module) -> Iterable[Tensor]:
    """List the running means and variances of the batch norms in training mode.

    Each process normalises by its own images, as in one process with that batch; only what evaluation uses is shared.
    """
    return (value for value in norm_buffers(model) if value.is_floating_point())


def norm_buffers(model: nn.Module) -> Iterable[Tensor]:
    """List all that moves in the batch norms in training mode: their statistics, and their counts of batches."""
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.training:
            yield from module.buffers(recurse=False)
