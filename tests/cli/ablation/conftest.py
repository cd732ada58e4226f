"""Trainings that were planned, and a small object that stands for the process which would do them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rehead.cli.ablation.experiments import EXPERIMENTS, plan_trainings
from rehead.cli.ablation.runs import Run, Training, store_run
from rehead.cli.ablation.sweep import Event, RunFailedError
from rehead.detector.plan import ModelPlan
from rehead.training.plan import TrainPlan

Plan = Callable[..., list[Training]]


class Trainer:
    """Stores an empty outcome for each training that is started; fails or is interrupted where it is told to be."""

    def __init__(self, *, failing: str = "", interrupted: str = "") -> None:
        """`failing` and `interrupted` name trainings as `str(training)` does."""
        self.failing, self.interrupted = failing, interrupted
        self.started: list[str] = []

    def __call__(self, training: Training) -> Iterator[Event]:
        """Do one training."""
        self.started.append(str(training))
        yield {"loss": 1.0}
        if str(training) == self.interrupted:
            raise KeyboardInterrupt
        if str(training) == self.failing:
            raise RunFailedError("training diverged")
        store_run(training.folder, outcome(training), facts={"model": training.model})


def outcome(training: Training) -> Run:
    """Give a run that found nothing."""
    return Run(training.value, training.seed, [], 2.0, 1.0, 500.0, 4.0, 1000)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Plan trainings in a folder of their own: mask resolutions, unless another experiment is named."""

    def planned(*values: str, experiment: str = "mask-resolution", seeds: int = 2, **changes: Any) -> list[Training]:
        facts = {"splits": {"train": "a", "val": "b"}} | changes.pop("facts", {})
        return plan_trainings(
            EXPERIMENTS[experiment],
            values,
            seeds=seeds,
            model=ModelPlan(**changes.pop("model", {})),
            train=TrainPlan(**changes.pop("train", {})),
            facts=facts,
            root=tmp_path / "ablation",
        )

    return planned
