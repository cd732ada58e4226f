"""One optimiser step, and what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from rehead.dataset.split import Sample
from rehead.training.forward import losses_of
from rehead.training.learner import Learner
from rehead.training.optimiser import learning_parameters


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
    seconds: float = 0.0
    """Since the step before it, loading included."""


class DivergedError(FloatingPointError):
    """A loss or its gradient is NaN or infinite; raised before the step, so no weight has changed."""


def take_step(learner: Learner, samples: Sequence[Sample]) -> Step:
    """Do one forward, backward and optimiser step, and count it; raises DivergedError."""
    learner.seed_step()
    losses = _losses(learner, samples)
    weights = learner.plan.loss_weights
    total = torch.stack([weights.of(name) * value for name, value in losses.items()]).sum()
    values = {name: float(value.detach()) for name, value in losses.items()} | {"loss": float(total.detach())}
    if not torch.isfinite(total):
        raise DivergedError(_divergence(values, samples))
    learner.optimizer.zero_grad(set_to_none=True)
    total.backward()
    norm = clip_grad_norm_(learning_parameters(learner.model), learner.plan.clip)
    if not torch.isfinite(norm):
        raise DivergedError(_divergence(values | {"gradient norm": float(norm)}, samples))
    lr = float(learner.optimizer.param_groups[0]["lr"])
    learner.optimizer.step()
    learner.schedule.step()
    learner.average.update()
    learner.steps_in_epoch += 1
    return Step(learner.steps_done, learner.epoch, values, lr, len(samples))


def _losses(learner: Learner, samples: Sequence[Sample]) -> dict[str, Tensor]:
    """Compute the five losses of a batch; a guard's refusal of a non-finite box gets the image names added."""
    try:
        return losses_of(learner, samples)
    except FloatingPointError as error:
        raise DivergedError(_divergence({}, samples)) from error


def _divergence(values: dict[str, float], samples: Sequence[Sample]) -> str:
    losses = ", ".join(f"{name} {value:.4g}" for name, value in values.items()) or "boxes are not finite"
    names = ", ".join(sample.record.file_name for sample in samples)
    return f"training diverged ({losses}) on {names}: lower train.lr or look at these images; no step was taken"
