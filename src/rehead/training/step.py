"""One optimiser step, and what it came to."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from rehead.dataset.split import Sample
from rehead.training.distributed import Group, norm_buffers
from rehead.training.forward import losses_of
from rehead.training.learner import Learner
from rehead.training.loss_weights import LossWeights
from rehead.training.memory import is_want_of_memory, release_memory
from rehead.training.optimiser import learning_parameters
from rehead.training.precision import may_overflow

T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """One optimiser step: its number in the whole run, its epoch, the losses and the learning rate.

    The five losses are as the model gives them; `loss` is what is minimised, their sum by the plan's weights.
    """

    number: int
    epoch: int
    losses: dict[str, float]
    lr: float
    images: int
    gradient_norm: float = 0.0
    """Before it was clipped."""
    note: str = ""
    """What the user is to be told, if anything."""
    seconds: float = 0.0
    """Since the step before it, loading included."""


class DivergedError(FloatingPointError):
    """A loss or its gradient is NaN or infinite; raised before the step, so no weight has changed."""


def take_step(learner: Learner, samples: Sequence[Sample]) -> Step:
    """Do one optimiser step over some samples, and count it; raises DivergedError.

    As many images as `learner.at_once` go through the model together, and the gradients add up, each part with the
    weight of its images. After a want of memory fewer go together, from then on; raises RuntimeError if one alone is
    too much. Of several processes that train together each has samples of its own, or none, and they take one step.
    """
    before, images = learner.at_once, learner.group.count(len(samples))
    losses = _backward(learner, samples, images=images)
    learner.scaler.unscale_(learner.optimizer)
    learns = [value for value in learning_parameters(learner.model) if value.grad is not None]
    norm = get_total_norm([value.grad for value in learns if value.grad is not None]).to(learner.device)
    *told, gradient = torch.stack([*losses.values(), norm]).tolist()  # at once: a GPU is waited for a single time
    values = dict(zip(losses, told, strict=True))
    if not math.isfinite(values["loss"]):
        raise DivergedError(_divergence(values, _names(samples, learner.group)))
    if not math.isfinite(gradient) and not may_overflow(learner.scaler):
        raise DivergedError(_divergence(values | {"gradient norm": gradient}, _names(samples, learner.group)))
    lr = float(learner.optimizer.param_groups[0]["lr"])
    if gradient > learner.plan.clip:
        clip_grads_with_norm_(learns, learner.plan.clip, norm)
    learner.scaler.step(learner.optimizer)
    learner.scaler.update()
    learner.schedule.step()
    learner.average.update()
    learner.steps_in_epoch += 1
    note = f"too little memory for {before} images at once: from here on {learner.at_once}, with the same step and rate"
    said = note if learner.at_once < before else ""
    if not math.isfinite(gradient):
        gradient, said = 0.0, "gradients overflowed float16: this step was left out, and losses are scaled less"
    return Step(learner.steps_done, learner.epoch, values, lr, images, gradient_norm=gradient, note=said)


def _backward(learner: Learner, samples: Sequence[Sample], *, images: int) -> dict[str, Tensor]:
    """Leave the gradients of all samples in the model, and give the mean losses, however many parts that takes."""
    counted = [(value, value.clone()) for value in norm_buffers(learner.model)]

    def attempt() -> dict[str, Tensor]:
        for value, before in counted:
            value.copy_(before)
        learner.seed_step()
        learner.optimizer.zero_grad(set_to_none=True)
        return _added_up(learner, samples, images=images)

    return as_memory_allows(learner, samples, attempt)


def as_memory_allows(learner: Learner, samples: Sequence[Sample], attempt: Callable[[], T]) -> T:
    """Do something with some samples, `learner.at_once` at a time, of which there are fewer after a want of memory.

    Raises RuntimeError if one alone is too much, or where several processes train together.
    """
    while True:
        try:
            return attempt()
        except (RuntimeError, MemoryError) as error:
            if not is_want_of_memory(error):
                raise
            if learner.group.size > 1:
                raise RuntimeError(
                    f"out of memory with {min(learner.at_once, len(samples))} images at once: lower train.batch_size; "
                    "only a process that trains alone can go on with fewer"
                ) from error
            fault = str(error)
        # Only here is the error gone, and with its traceback what the failed attempt held.
        release_memory()
        learner.at_once = _fewer(min(learner.at_once, len(samples)), samples, fault)


def _added_up(learner: Learner, samples: Sequence[Sample], *, images: int) -> dict[str, Tensor]:
    sums: dict[str, Tensor] = {}
    for first in range(0, -(-images // learner.group.size), learner.at_once):
        part = samples[first : first + learner.at_once]
        own, means, seen = learner.shares.weigh(_losses(learner, part) if part else {}, images=len(part))
        share = seen / images
        # Scaled even where there is nothing to learn from: a scaler that never was cannot be asked to undo it.
        loss = learner.scaler.scale(share * _sum(own or means, learner.plan.loss_weights))
        if own:
            loss.backward()
        means["loss"] = _sum(means, learner.plan.loss_weights)
        sums = {name: share * value + sums.get(name, 0.0) for name, value in means.items()}
    learner.group.sum_gradients(learner.model)
    return sums


def _sum(losses: Mapping[str, Tensor], weights: LossWeights) -> Tensor:
    return torch.stack([weights.of(name) * value for name, value in losses.items()]).sum()


def _fewer(images: int, samples: Sequence[Sample], fault: str) -> int:
    if images > 1:
        return (images + 1) // 2
    largest = max((sample.record for sample in samples), key=lambda record: record.width * record.height)
    raise RuntimeError(
        f"out of memory with one image at a time, of {len(samples)}, the largest {largest.file_name} "
        f"({largest.width} x {largest.height}): lower model.input_size, train.proposals or train.rois, or cut tiles "
        f"(data.tile); the fault was: {fault.splitlines()[0] if fault else 'MemoryError'}"
    )


def _losses(learner: Learner, samples: Sequence[Sample]) -> dict[str, Tensor]:
    """Compute the five losses of a batch; where a guard refuses a box that is not finite, none of them is finite."""
    try:
        return losses_of(learner, samples)
    except FloatingPointError:
        return learner.shares.undefined()


def _names(samples: Sequence[Sample], group: Group) -> str:
    """Name the images of a step, those of all processes, each of which has to ask."""
    every = group.gathered([sample.record.file_name for sample in samples])
    return ", ".join(name for names in every for name in names)


def _divergence(values: dict[str, float], names: str) -> str:
    losses = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
    return f"training diverged ({losses}) on {names}: lower train.lr or look at these images; no step was taken"
