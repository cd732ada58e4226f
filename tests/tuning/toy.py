"""A small function in the place of a detector's training, and a record of the runs that a study opens."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import optuna
import pydantic

from rehead.tuning.plan import Scalar, TunePlan
from rehead.tuning.result import StudyResult
from rehead.tuning.space import axes_of
from rehead.tuning.storage import open_study
from rehead.tuning.study import run_study
from rehead.tuning.trial import Objective

SPACE = {"train.lr": {"low": 1e-4, "high": 1e-1, "log": True}, "train.freeze": {"choices": ["backbone", "none"]}}


class Section(pydantic.BaseModel):
    """Stands for the train section."""

    model_config = pydantic.ConfigDict(extra="forbid")

    lr: float = pydantic.Field(1e-3, gt=0.0, le=1.0)
    weight_decay: float = pydantic.Field(0.0, ge=0.0)
    epochs: int = pydantic.Field(3, ge=1)
    freeze: str = pydantic.Field("backbone", pattern="none|backbone")
    inner: dict[str, int] = {}


def plan_of(trials: int, **more: object) -> TunePlan:
    """Plan a study over SPACE."""
    return TunePlan.model_validate({"trials": trials, "space": SPACE, **more})


AXES = axes_of(plan_of(1).space, Section)


def rising(params: dict[str, Scalar]) -> Iterator[float]:
    """Score best at a rate of 0.01, in three epochs."""
    quality = 1.0 / (1.0 + abs(float(str(params["train.lr"])) - 0.01) * 100)
    yield from (quality * 0.5, quality * 0.8, quality * 0.7)


@dataclass
class Run:
    """What one run was told."""

    name: str
    parent: str | None
    run_id: str | None
    points: list[tuple[str, float, int]] = field(default_factory=list)
    params: Mapping[str, object] = field(default_factory=dict)
    tag: dict[str, object] = field(default_factory=dict)
    left_by: str | None = None

    def metrics(self, values: Mapping[str, float], *, step: int = 0) -> None:
        """Keep the numbers."""
        self.points += [(name, value, step) for name, value in values.items()]

    def tags(self, values: Mapping[str, object]) -> None:
        """Keep the tags."""
        self.tag |= values


@dataclass
class Runs:
    """Speaks like `tracked_run` and keeps every run that it opened."""

    opened: list[Run] = field(default_factory=list)

    @contextmanager
    def open(
        self,
        name: str,
        *,
        params: Mapping[str, object] | None = None,
        tags: Mapping[str, object] | None = None,
        run_id: str | None = None,
        parent_run_id: str | None = None,
    ) -> Iterator[Run]:
        """Open a run."""
        run = Run(name, parent_run_id, run_id or f"id of {name}", params=params or {}, tag=dict(tags or {}))
        self.opened.append(run)
        try:
            yield run
        except BaseException as error:
            run.left_by = type(error).__name__
            raise


Opening = Callable[[], optuna.Study]


def opened(folder: Path, name: str = "optuna") -> optuna.Study:
    return open_study(f"sqlite:///{folder}/{name}.db", "study", lock=folder / "lock")


def tried(opening: Opening, trials: int, objective: Objective = rising, **more: object) -> StudyResult:
    return run_study(opening(), plan_of(trials, **more), AXES, objective, open_run=Runs().open)


def yielding(*scores: object) -> Objective:
    def objective(params: dict[str, Scalar]) -> Iterator[float]:
        yield from scores  # type: ignore[misc]

    return objective


def by_trial(*scores: Exception | tuple[object, ...]) -> Objective:
    """Yield, or raise, something else in each trial."""
    rest = iter(scores)

    def objective(params: dict[str, Scalar]) -> Iterator[float]:
        now = next(rest)
        if isinstance(now, Exception):
            raise now
        yield from now  # type: ignore[misc]

    return objective
