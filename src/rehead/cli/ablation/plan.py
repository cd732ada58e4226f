"""From the command line to the trainings of an ablation; torch is not imported to plan them."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehead.cli.ablation.experiments import EXPERIMENTS, Experiment, plan_trainings
from rehead.cli.ablation.runs import Training, facts_of
from rehead.cli.truth import described
from rehead.detector.plan import ModelPlan
from rehead.detector.sizes import SIZES
from rehead.files import read_json
from rehead.params import read_params
from rehead.tracking.models import downloaded_weights
from rehead.training.plan import TrainPlan

_TUNING = Path("reports/tuning.json")


@dataclass(frozen=True)
class Ablation:
    """An experiment on a dataset: its trainings, and the validation split that they are compared on."""

    experiment: Experiment
    trainings: list[Training]
    folder: Path
    """The canonical dataset."""
    truth: dict[str, Any]
    dataset: dict[str, Any]
    """What the truth is: file, hash, fingerprint, images, annotations."""
    model: ModelPlan
    weights: Path | None
    """First weights on this disk, where the plan names them by a registry's address."""
    tile: Mapping[str, Any] | None
    units: int
    """Steps and predicted images of each training."""

    @property
    def resolution(self) -> dict[str, int]:
        """Give the side of each value's mask; empty where sides are not what is compared."""
        sides = {one.value: self.experiment.side(one.model) for one in self.trainings}
        return {value: side for value, side in sides.items() if side is not None}

    @property
    def common_plans(self) -> dict[str, dict[str, Any]]:
        """Give the sections of params.yaml as every training has them: without the seed and what is compared."""
        first, own = self.trainings[0], (self.experiment.field, "seed")
        sections = {"model": first.model, "train": first.train}
        return {
            section: {name: value for name, value in values.items() if name not in own}
            for section, values in sections.items()
        }

    @property
    def input_size(self) -> int | None:
        """Give the shorter side at which the network sees whole images; None for tiles."""
        return None if self.tile else self.model.input_size or SIZES[self.model.arch].input_size


def plan_ablation(
    name: str, values: Sequence[str], *, seeds: int, epochs: int | None, dataset: Path, root: Path
) -> Ablation:
    """Plan the trainings from params.yaml, with what tuning found; `epochs` None takes the section's own.

    Raises ValueError for an unknown experiment or value, for one value alone, and for a dataset or weights that are not
    there.
    """
    if name not in EXPERIMENTS:
        raise ValueError(f"ablate: there is no experiment {name!r}; choose from {', '.join(EXPERIMENTS)}")
    for value in values:
        EXPERIMENTS[name].setting(value)  # before what takes a dataset to find out
    if len(values) == 1:
        raise ValueError(f"ablate: {values[0]} alone compares nothing; give two values or more, or none for the usual")
    model, train = read_params("model", ModelPlan), _train_plan(epochs)
    weights = downloaded_weights(model.weights)
    facts = facts_of(dataset, model, weights=weights)
    experiment, truth = EXPERIMENTS[name], read_json(dataset / "val.json")
    steps = -(-len(read_json(dataset / "train.json")["images"]) // train.images_a_step)
    return Ablation(
        experiment,
        plan_trainings(experiment, values, seeds=seeds, model=model, train=train, facts=facts, root=root),
        folder=dataset,
        truth=truth,
        dataset=described(dataset / "val.json", truth),
        model=model,
        weights=weights,
        tile=facts["tile"],
        units=train.epochs * steps + len(truth["images"]),
    )


def _train_plan(epochs: int | None) -> TrainPlan:
    """Take the train section with what tuning found, as the train stage does."""
    plan = read_params("train", TrainPlan)
    best: dict[str, Any] = read_json(_TUNING)["best"] if _TUNING.is_file() else {}
    if best:
        print(f"with what tuning found: {best}", file=sys.stderr)
    plan = plan.tuned(best)
    return plan if epochs is None else TrainPlan.model_validate(plan.model_dump() | {"epochs": epochs})
