"""Learning rate over a training: warm-up, decay, and a course that may be shortened on the way."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from rehead.training.plan import TrainPlan

_FIRST_FACTOR = 0.01
_STEP_DROPS = ((0.9, 0.01), (2 / 3, 0.1))


@dataclass
class Course:
    """Which place of a plan's schedule a step takes: its own, until a wall-clock budget ends the training elsewhere.

    Then what is left of the schedule is spread over what is left of the steps: the rate goes on from where it is, and
    still ends where the plan lets it end.
    """

    planned: int
    """Steps of the plan, over which the schedule is written."""
    turn: int = 0
    """Step at which `end` was last set."""
    place: float = 0.0
    """Place of the schedule at that step."""
    end: int = -1
    """Steps that there will be; as many as planned where nothing is said."""

    def __post_init__(self) -> None:
        """Take the plan at its word."""
        self.end = self.planned if self.end < 0 else self.end

    def at(self, step: int) -> float:
        """Give the place of the schedule at a step, 0 to `planned`."""
        if self.end == self.turn:
            return self.place
        return self.place + (self.planned - self.place) * (step - self.turn) / (self.end - self.turn)

    def steer(self, step: int, *, end: int) -> None:
        """Let the schedule end with step `end`, from `step` on."""
        if end != self.end:
            self.place, self.turn, self.end = self.at(step), step, end


def build_schedule(optimizer: Optimizer, plan: TrainPlan, *, course: Course, thaw: int = 0) -> LambdaLR:
    """Build the schedule along a course; the groups that join at step `thaw` are warmed up from there."""
    starts = [thaw if group.get("joins") else 0 for group in optimizer.param_groups]
    return LambdaLR(optimizer, [rate_factor(plan, course=course, start=start) for start in starts])


def rate_factor(plan: TrainPlan, *, course: Course, start: int = 0) -> Callable[[int], float]:
    """Give the factor on the learning rate for each step: warm-up, times the plan's decay, times its own scale.

    The decay is that of the whole training, the warm-up begins with step `start`.
    """
    steps = course.planned
    warm = round(plan.warmup * steps)

    def factor(step: int) -> float:
        place = course.at(step)
        return plan.rate_scale * _rise(place - course.at(start) if start else place) * _decay(place)

    def _rise(done: float) -> float:
        done = max(done, 0)
        return 1.0 if done >= warm else _FIRST_FACTOR + (1.0 - _FIRST_FACTOR) * done / warm

    def _decay(place: float) -> float:
        if place < warm:
            return 1.0
        done = (place - warm) / max(1, steps - warm)
        if plan.schedule == "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * min(done, 1.0)))
        if plan.schedule == "step":
            return next((drop for start, drop in _STEP_DROPS if place >= start * steps), 1.0)
        return 1.0

    return factor
