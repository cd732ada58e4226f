"""How many images fit into memory at once, tried at the start of a training."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from rehead.dataset.split import Split
from rehead.training.forward import losses_of
from rehead.training.learner import Learner
from rehead.training.memory import free_memory, is_want_of_memory, peak_memory, release_memory
from rehead.training.plan import batch_sizes

_SHARE = 0.6
"""Of the memory that is free, what a step may take; others use it too, and images may turn out larger."""
_LOOKED_AT = 256
"""Most images among which the largest are looked for."""
_MIB = 1 << 20


def fit_batch(learner: Learner, split: Split, *, free: int | None = None) -> str | None:
    """Let a learner hold as many images at once as fit, where its plan leaves that open; says in a line what it chose.

    Nothing learns by it: forward and backward pass of the largest images are done with one image, two, four. Of
    several processes each tries, and all take what the tightest has room for. `free` is in bytes, as found if None.
    """
    if learner.plan.batch_size != "auto" or learner.steps_done:
        return None
    room = _SHARE * (free_memory(learner.device) if free is None else free) - _moments(learner)
    sizes = batch_sizes(len(split) / learner.group.size, device=learner.device.type)
    largest = _largest(learner, split, count=sizes[-1])
    release_memory()  # or a trial would give back what others had left, and seem to take nothing
    before = peak_memory(learner.device)()

    def bytes_of(images: int) -> float | None:
        peak = _peak_of_step(learner, split, largest[:images])
        return None if peak is None else max(peak - before, 0.0)

    own = largest_fitting(sizes, bytes_of, room=room)
    size = min(learner.group.gathered(own))
    learner.take_batch(size)
    return f"train.batch_size: {size} at once, with {room / _MIB:.0f} MiB to take and {len(split)} images an epoch"


def largest_fitting(sizes: Sequence[int], bytes_of: Callable[[int], float | None], *, room: float) -> int:
    """Try sizes from the smallest on, as long as the next one cannot be too large by what the last one took.

    `bytes_of` gives what a size takes, None where the attempt failed for want of memory. The first size is chosen
    even if it takes too much, since there is none smaller.
    """
    best = sizes[0]
    for size, following in zip(sizes, [*sizes[1:], sizes[-1]], strict=True):
        taken = bytes_of(size)
        if taken is None or taken > room:
            break
        best = size
        if taken * following / size > room:
            break
    return best


def _peak_of_step(learner: Learner, split: Split, places: Sequence[int]) -> float | None:
    """Do forward and backward pass with some images; gives the most memory that was held, None if there was none."""
    release_memory()
    told = peak_memory(learner.device)
    try:
        _pass(learner, split, places)
        return told()
    except (RuntimeError, MemoryError) as error:
        if not is_want_of_memory(error):
            raise
        return None
    finally:
        learner.optimizer.zero_grad(set_to_none=True)
        learner.shares.forget()


def _pass(learner: Learner, split: Split, places: Sequence[int]) -> None:
    learner.begin(1)
    learner.hold_still()
    torch.manual_seed(learner.plan.seed)
    losses = losses_of(learner, [split[place] for place in places], unseen=True)
    torch.stack(list(losses.values())).sum().backward()


def _largest(learner: Learner, split: Split, *, count: int) -> list[int]:
    """Find the images that the network sees largest, among some spread over the split, the largest first."""
    places = np.unique(np.linspace(0, len(split) - 1, _LOOKED_AT).round().astype(int)).tolist()
    records = [split.images[place] for place in places]
    blanks = [torch.empty(3, record.height, record.width, device="meta") for record in records]
    pixels = {
        place: learner.model.transform([blank])[0].tensors[0, 0].numel()
        for place, blank in zip(places, blanks, strict=True)
    }
    return sorted(places, key=lambda place: -pixels[place])[:count]


def _moments(learner: Learner) -> int:
    """Count the bytes that the optimiser keeps from the first step on, which no trial takes."""
    each = 2 if learner.plan.optimizer == "adamw" else 1
    learning = (p for group in learner.optimizer.param_groups for p in group["params"])
    return each * sum(parameter.nbytes for parameter in learning)
