"""What can be compared, and the trainings that a comparison takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from rehead.cli.ablation.runs import Training, content_key
from rehead.detector.plan import MaskHeadName, ModelPlan, PoolerName
from rehead.training.plan import TrainPlan


@dataclass(frozen=True)
class Experiment:
    """A field of the model section, the values it is compared at, and what a user calls each of them."""

    name: str
    field: str
    defaults: tuple[str, ...]
    known: tuple[str, ...]
    """Every value that the field takes."""
    prefix: str = ""
    """What a user may leave out: 28 is `fcn_28`."""

    def setting(self, value: str) -> str:
        """Give the field's value for what a user typed; raises ValueError that lists the known ones."""
        for setting in (self.prefix + value, value):
            if setting in self.known:
                return setting
        shown = ", ".join(name.removeprefix(self.prefix) for name in self.known)
        raise ValueError(f"ablate {self.name}: {value!r} is no model.{self.field}; choose from {shown}")


EXPERIMENTS = {
    experiment.name: experiment
    for experiment in (
        Experiment("mask-resolution", "mask_head", ("28", "56"), get_args(MaskHeadName), prefix="fcn_"),
        Experiment("pooler", "pooler", ("roi_align", "roi_pool"), get_args(PoolerName)),
    )
}


def plan_trainings(
    experiment: Experiment,
    values: Sequence[str],
    *,
    seeds: int,
    model: ModelPlan,
    train: TrainPlan,
    facts: dict[str, Any],
    root: Path,
) -> list[Training]:
    """List the trainings, seed by seed over all values: whenever one stops, each value has had the same seeds.

    A seed decides the new heads' first weights and all choices of the training; the schedule is the same for all.
    `facts` is what else the outcome depends on, from `facts_of`; each training gets a folder of its own below `root`.
    """
    return [
        _planned(
            value,
            experiment,
            seed=seed,
            model=model,
            train=train,
            folder_of=lambda plans: root / content_key({**facts, **plans}),
        )
        for seed in range(seeds)
        for value in dict.fromkeys(values or experiment.defaults)
    ]


def _planned(
    value: str,
    experiment: Experiment,
    *,
    seed: int,
    model: ModelPlan,
    train: TrainPlan,
    folder_of: Callable[[dict[str, Any]], Path],
) -> Training:
    changes = {experiment.field: experiment.setting(value), "seed": seed}
    plans = {
        "model": model.model_copy(update=changes).model_dump(mode="json"),
        "train": train.model_copy(update={"seed": seed}).model_dump(mode="json"),
    }
    return Training(value, seed, plans["model"], plans["train"], folder_of(plans))
