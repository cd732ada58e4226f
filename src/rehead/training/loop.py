"""The training loop as a generator of epochs; the caller validates, logs, saves, stops or prunes between two."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler

from rehead.dataset.batches import batches
from rehead.dataset.split import Sample, Split
from rehead.detector.build import Detector, best_device
from rehead.detector.freezing import freeze, learning_mode
from rehead.training.optimiser import build_optimizer, build_schedule, learning_parameters
from rehead.training.plan import TrainPlan

_POSITIVE_SHARE = 0.25


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


@dataclass(frozen=True)
class Epoch:
    """One pass over the training split, numbered from 1: its steps, their mean losses, images a second, seconds."""

    number: int
    steps: tuple[Step, ...]
    losses: dict[str, float]
    images_per_second: float
    seconds: float


class DivergedError(FloatingPointError):
    """A loss or its gradient is NaN or infinite; raised before the step, so no weight has changed."""


class Learner:
    """A detector in training: its optimiser and schedule, and what is needed to go on after an interruption."""

    def __init__(self, detector: Detector, plan: TrainPlan, *, images: int) -> None:
        """Freeze, limit the samplers and build the optimiser for `images` training images, on a GPU if there is one."""
        self.detector, self.plan = detector, plan
        self.device = best_device()
        self.model = detector.model.to(self.device, memory_format=torch.channels_last)
        self.thawed = freeze(detector, plan.freeze_at(plan.epochs))
        """What learns, and what never does, once all is thawed that will be."""
        last = list(learning_parameters(self.model))
        self.frozen = freeze(detector, plan.freeze)
        """What learns and what is frozen in the first epoch."""
        _limit_samples(self.model, plan)
        joining = [value for value in last if not value.requires_grad]
        self.optimizer: Optimizer = build_optimizer(self.model, plan, joining=joining)
        self.steps_an_epoch = -(-images // plan.batch_size)
        self.schedule: LambdaLR = build_schedule(
            self.optimizer,
            plan,
            steps=plan.epochs * self.steps_an_epoch,
            thaw=((plan.thaw or 1) - 1) * self.steps_an_epoch,
        )
        self.epochs_done = 0

    @property
    def params(self) -> dict[str, Any]:
        """Give what makes this training what it is: the plan, and the detector's own."""
        return {"train": self.plan.model_dump(mode="json"), "model": self.detector.plan.model_dump(mode="json")}

    @property
    def steps_done(self) -> int:
        """Count the steps of finished epochs."""
        return self.epochs_done * self.steps_an_epoch

    def begin(self, epoch: int) -> None:
        """Seed what an epoch leaves to chance, and freeze what it freezes."""
        torch.manual_seed(int(np.random.SeedSequence([self.plan.seed, epoch]).generate_state(1)[0]))
        depth = self.plan.freeze_at(epoch)
        freeze(self.detector, depth)
        learning_mode(self.detector, depth)

    def state(self) -> dict[str, Any]:
        """Give all that the next epoch depends on, as tensors and plain types."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "epochs_done": self.epochs_done,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state` gave."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.epochs_done = state["epochs_done"]


def train(learner: Learner, split: Split, *, on_step: Callable[[Step], None] = lambda step: None) -> Iterator[Epoch]:
    """Yield each remaining epoch of the learner's plan.

    All random choices of an epoch follow from (seed, epoch), so an interrupted run goes on exactly where it was.
    Raises DivergedError with the losses and the image names when a loss is not finite.
    """
    plan = learner.plan
    while learner.epochs_done < plan.epochs:
        number = learner.epochs_done + 1
        learner.begin(number)
        start = time.perf_counter()
        steps: list[Step] = []
        for samples in batches(
            split, plan.augment, batch_size=plan.batch_size, seed=plan.seed, epoch=number, workers=plan.workers
        ):
            steps.append(take_step(learner, samples, epoch=number, index=len(steps)))
            on_step(steps[-1])
        learner.epochs_done = number
        seconds = time.perf_counter() - start
        yield Epoch(number, tuple(steps), _mean_losses(steps), len(split) / seconds, seconds)


def take_step(learner: Learner, samples: Sequence[Sample], *, epoch: int, index: int) -> Step:
    """Do one forward, backward and optimiser step; raises DivergedError."""
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
    return Step((epoch - 1) * learner.steps_an_epoch + index + 1, epoch, values, lr, len(samples))


def _losses(learner: Learner, samples: Sequence[Sample]) -> dict[str, Tensor]:
    """Compute the five losses of a batch; a guard's refusal of a non-finite box gets the image names added."""
    images = [sample.image_chw.to(learner.device) for sample in samples]
    targets = [{name: value.to(learner.device) for name, value in sample.target.items()} for sample in samples]
    try:
        losses: dict[str, Tensor] = learner.model(images, targets)
    except FloatingPointError as error:
        raise DivergedError(_divergence({}, samples)) from error
    return losses


def _divergence(values: dict[str, float], samples: Sequence[Sample]) -> str:
    losses = ", ".join(f"{name} {value:.4g}" for name, value in values.items()) or "boxes are not finite"
    names = ", ".join(sample.record.file_name for sample in samples)
    return f"training diverged ({losses}) on {names}: lower train.lr or look at these images; no step was taken"


def _mean_losses(steps: Sequence[Step]) -> dict[str, float]:
    return {name: sum(step.losses[name] for step in steps) / len(steps) for name in steps[0].losses}


def _limit_samples(model: Any, plan: TrainPlan) -> None:
    """Set how many anchors, proposals and RoIs an image contributes to the losses."""
    model.roi_heads.fg_bg_sampler = BalancedPositiveNegativeSampler(plan.rois, _POSITIVE_SHARE)
    model.rpn.fg_bg_sampler = BalancedPositiveNegativeSampler(plan.anchors, 0.5)
    for limits in (model.rpn._pre_nms_top_n, model.rpn._post_nms_top_n):
        limits["training"] = plan.proposals
