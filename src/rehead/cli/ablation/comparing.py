"""From the command line to trainings and their comparison."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rehead.cli.ablation.experiments import EXPERIMENTS, Experiment, plan_trainings
from rehead.cli.ablation.runs import Run, facts_of
from rehead.cli.ablation.sweep import child_process, sweep
from rehead.cli.ablation.table import table_of
from rehead.detector.plan import ModelPlan
from rehead.evaluation.coco_map import coco_map
from rehead.files import read_json
from rehead.params import read_params
from rehead.tracking.models import downloaded_weights
from rehead.training.plan import TrainPlan

_TUNING = Path("reports/tuning.json")


def compare_values(
    name: str, values: Sequence[str], *, seeds: int, epochs: int | None, dataset: Path, root: Path, out: Path
) -> list[str]:
    """Do the trainings that are missing, compare all and print what it came to; returns the faults of failed ones."""
    experiment = _experiment(name)
    model, train = read_params("model", ModelPlan), _train_plan(epochs)
    weights = downloaded_weights(model.weights)
    facts = facts_of(dataset, model, weights=weights)
    trainings = plan_trainings(experiment, values, seeds=seeds, model=model, train=train, facts=facts, root=root)
    truth, split = read_json(dataset / "val.json"), read_json(dataset / "manifest.json")["splits"]["val"]
    images = len(read_json(dataset / "train.json")["images"])

    def summary(run: Run) -> str:
        score = coco_map(truth, run.results, max_detections=model.max_detections).mask["AP"]
        return f"mask AP {'undefined' if score is None else f'{score:.3f}'}, {run.seconds:.0f} s"

    units = train.epochs * -(-images // train.batch_size) + len(truth["images"])
    try:
        done = sweep(trainings, child_process(dataset, weights=weights), units=units, summary=summary)
    except KeyboardInterrupt:
        print(f"finished runs are kept in {root}: the same command goes on with the others", file=sys.stderr)
        raise
    if not done.runs:
        raise RuntimeError(f"ablate {name}: all {len(trainings)} runs failed; the last: {done.faults[-1]}")
    print(table_of(done.runs, truth, max_detections=model.max_detections))
    print(f"on {len(truth['images'])} images of {dataset / 'val.json'}, {split['fingerprint'][:12]}")
    return done.faults


def _experiment(name: str) -> Experiment:
    if name not in EXPERIMENTS:
        raise ValueError(f"ablate: there is no {name!r}; choose from {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]


def _train_plan(epochs: int | None) -> TrainPlan:
    """Take the train section with what tuning found, as the train stage does, and the epochs that were asked for."""
    plan = read_params("train", TrainPlan)
    best: dict[str, Any] = read_json(_TUNING)["best"] if _TUNING.is_file() else {}
    if best:
        print(f"with what tuning found: {best}", file=sys.stderr)
    plan = plan.tuned(best)
    return plan if epochs is None else plan.model_copy(update={"epochs": epochs})
