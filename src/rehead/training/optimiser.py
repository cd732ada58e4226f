"""Optimiser and learning rate schedule of a plan."""

import math
from collections.abc import Callable, Iterable

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from rehead.training.plan import TrainPlan

_FIRST_FACTOR = 0.01
_STEP_DROPS = ((0.9, 0.01), (2 / 3, 0.1))


def build_optimizer(model: nn.Module, plan: TrainPlan) -> Optimizer:
    """Build the optimiser over what learns; norms and biases (one dimension) take no weight decay."""
    learning = list(learning_parameters(model))
    groups = [
        {"params": [p for p in learning if p.ndim > 1], "weight_decay": plan.weight_decay},
        {"params": [p for p in learning if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if plan.optimizer == "sgd":
        return SGD(groups, lr=plan.lr, momentum=plan.momentum)
    return AdamW(groups, lr=plan.lr)


def build_schedule(optimizer: Optimizer, plan: TrainPlan, *, steps: int) -> LambdaLR:
    """Build the schedule over `steps` steps in all."""
    return LambdaLR(optimizer, rate_factor(plan, steps=steps))


def rate_factor(plan: TrainPlan, *, steps: int) -> Callable[[int], float]:
    """Give the factor on the learning rate for each step: warm-up, then the plan's decay."""
    warm = round(plan.warmup * steps)

    def factor(step: int) -> float:
        if step < warm:
            return _FIRST_FACTOR + (1.0 - _FIRST_FACTOR) * step / warm
        done = (step - warm) / max(1, steps - warm)
        if plan.schedule == "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * min(done, 1.0)))
        if plan.schedule == "step":
            return next((drop for start, drop in _STEP_DROPS if step >= start * steps), 1.0)
        return 1.0

    return factor


def learning_parameters(model: nn.Module) -> Iterable[nn.Parameter]:
    """List the parameters that learn."""
    return (p for p in model.parameters() if p.requires_grad)
