"""What can be compared, and the trainings that a comparison takes."""

from collections.abc import Mapping, Sequence
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
        shown = ", ".join(map(self.label, self.known))
        raise ValueError(f"ablate {self.name}: {value!r} is no model.{self.field}; choose from {shown}")

    def label(self, setting: str) -> str:
        """Give the shortest name that a user may type for one of the field's values."""
        return setting.removeprefix(self.prefix)

    def side(self, model: Mapping[str, Any]) -> int | None:
        """Give the side of the mask that a value stands for, None if it stands for something else."""
        number = str(model[self.field]).rpartition("_")[2]
        return int(number) if number.isdigit() else None


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
    settings = dict.fromkeys(map(experiment.setting, values or experiment.defaults))
    return [
        _planned(experiment, setting, seed=seed, model=model, train=train, facts=facts, root=root)
        for seed in range(seeds)
        for setting in settings
    ]


def _planned(
    experiment: Experiment,
    setting: str,
    *,
    seed: int,
    model: ModelPlan,
    train: TrainPlan,
    facts: dict[str, Any],
    root: Path,
) -> Training:
    changes = {experiment.field: setting, "seed": seed}
    plans = {
        "model": model.model_copy(update=changes).model_dump(mode="json"),
        "train": train.model_copy(update={"seed": seed}).model_dump(mode="json"),
    }
    return Training(experiment.label(setting), seed, **plans, folder=root / content_key(facts | plans))
