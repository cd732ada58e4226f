"""Optimiser and learning rate schedule of a plan."""

import math
from collections.abc import Callable, Iterable

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from rehead.training.plan import TrainPlan

_FIRST_FACTOR = 0.01
_STEP_DROPS = ((0.9, 0.01), (2 / 3, 0.1))


def build_optimizer(model: nn.Module, plan: TrainPlan, *, joining: Iterable[nn.Parameter] = ()) -> Optimizer:
    """Build the optimiser over what learns; norms and biases (one dimension) take no weight decay.

    Parameters `joining` later stand in two groups of their own from the first step on. Until they learn they have no
    gradient, so the optimiser passes them over: no decay, no moments.
    """
    groups = [
        {"params": [p for p in parameters if (p.ndim > 1) == decays], "weight_decay": plan.weight_decay * decays}
        for parameters in (list(learning_parameters(model)), list(joining))
        for decays in (True, False)
        if parameters
    ]
    if plan.optimizer == "sgd":
        return SGD(groups, lr=plan.lr, momentum=plan.momentum)
    return AdamW(groups, lr=plan.lr)


def build_schedule(optimizer: Optimizer, plan: TrainPlan, *, steps: int, thaw: int = 0) -> LambdaLR:
    """Build the schedule over `steps` steps in all; what joins at step `thaw` is warmed up from there."""
    starts = (0, 0, thaw, thaw)[: len(optimizer.param_groups)]
    return LambdaLR(optimizer, [rate_factor(plan, steps=steps, start=start) for start in starts])


def rate_factor(plan: TrainPlan, *, steps: int, start: int = 0) -> Callable[[int], float]:
    """Give the factor on the learning rate for each step: warm-up, times the plan's decay.

    The decay is that of the whole training, the warm-up begins with step `start`.
    """
    warm = round(plan.warmup * steps)

    def factor(step: int) -> float:
        return _rise(step - start) * _decay(step)

    def _rise(step: int) -> float:
        done = max(step, 0)
        return 1.0 if done >= warm else _FIRST_FACTOR + (1.0 - _FIRST_FACTOR) * done / warm

    def _decay(step: int) -> float:
        if step < warm:
            return 1.0
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
