"""How many epochs there will be: the plan's, or as many of them as its minutes allow by measured speed."""

import math
import time
from dataclasses import asdict
from typing import Any

from rehead.training.distributed import ALONE, Group
from rehead.training.plan import TrainPlan
from rehead.training.schedule import Course

_RESERVE = 1.05
"""Of the time measured, what an epoch may take."""


class Budget:
    """Counts the seconds of training and validation, and fits epochs and schedule into what is left of them.

    The speed is known after each step of the first epoch, of which the very first is slow and soon left out, and anew
    after each epoch, with its validation. No epoch begins for which the time is too short, but the first; time between
    two runs of an interrupted training is not counted.
    """

    def __init__(self, plan: TrainPlan, *, steps_an_epoch: int, group: Group = ALONE) -> None:
        """Plan for all epochs; of several processes the first one decides."""
        self._group = group
        self.epochs = plan.epochs
        """Epochs that there will be, as far as can be told."""
        self.course = Course(plan.epochs * steps_an_epoch)
        self._limit = None if plan.minutes is None else 60.0 * plan.minutes
        self._planned, self._steps_an_epoch = plan.epochs, steps_an_epoch
        self._seconds = 0.0
        self._steps: list[float] = []  # seconds of the epoch's steps
        self._paused = 0.0

    def spend(self, seconds: float, *, step: int) -> None:
        """Count a step; the number of steps so far includes it."""
        self._seconds += seconds
        self._steps.append(seconds)
        if step <= self._steps_an_epoch:
            usual = self._steps[1:] or self._steps
            self._fit(self._steps_an_epoch * sum(usual) / len(usual), step=step)

    def finish(self, seconds: float, *, step: int) -> None:
        """Count what was done after an epoch's last step."""
        self._seconds += seconds
        if self._steps:
            self._fit(self._steps_an_epoch * sum(self._steps) / len(self._steps) + seconds, step=step)
        self._steps.clear()

    def pause(self) -> None:
        """Look at the clock: an epoch's last step is taken."""
        self._paused = time.perf_counter()

    def count_pause(self, *, step: int) -> None:
        """Count the time since the pause began, or since it was counted last."""
        before = self._paused
        self.pause()
        self.finish(self._paused - before, step=step)

    def state(self) -> dict[str, Any]:
        """Give what was decided so far, and the time that it took."""
        own = {"seconds": self._seconds, "steps": list(self._steps), "epochs": self.epochs}
        return own | {"course": asdict(self.course)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self._seconds, self._steps, self.epochs = state["seconds"], list(state["steps"]), state["epochs"]
        vars(self.course).update(state["course"])

    def _fit(self, epoch_seconds: float, *, step: int) -> None:
        limit = self._limit
        if limit is None:
            return
        done = step / self._steps_an_epoch
        fitting = self._group.shared(lambda: math.floor(done + (limit - self._seconds) / (_RESERVE * epoch_seconds)))
        self.epochs = min(self._planned, max(math.ceil(done), fitting))
        self.course.steer(step, end=self.epochs * self._steps_an_epoch)
