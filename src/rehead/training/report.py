"""A finished training in numbers, as they stand in reports/training.json."""

from pathlib import Path
from typing import Any

from rehead.dataset.split import Split
from rehead.files import read_json
from rehead.training.history import History
from rehead.training.learner import Learner
from rehead.training.plan import TrainPlan


def training_report(
    learner: Learner, record: History, *, validation: Split, start: Path, out: Path, run_id: str | None
) -> dict[str, Any]:
    """Collect what learned, what was frozen, the best epoch and on what, the speed, and the hashes of the weights.

    What thaws counts as learning in the sums.
    """
    seconds, best = record.total("seconds"), record.best
    images = sum(float(row["images_per_second"] or 0.0) * float(row["seconds"] or 0.0) for row in record.rows)
    return {
        "learning_parameters": learner.thawed.learning,
        "frozen_parameters": learner.thawed.frozen,
        "frozen_modules": list(learner.thawed.modules),
        "modules": _modules(learner),
        "epochs": len(record.rows),
        "ended_early": early_end(learner.plan, record),
        "steps": len(record.rows) * learner.steps_an_epoch,
        "best_epoch": best["epoch"],
        "best_mask_AP": best["val_mask_AP"],
        "best_box_AP": best["val_box_AP"],
        "dataset": validation.description,
        "images_per_second": round(images / seconds, 3),
        "seconds": round(seconds, 1),
        "processes": learner.group.size,
        "plan": learner.plan.model_dump(mode="json"),
        "start_sha256": read_json(start / "manifest.json")["weights.safetensors"],
        "weights_sha256": read_json(out / "manifest.json")["weights.safetensors"],
        "run_id": run_id,
    }


def early_end(plan: TrainPlan, record: History) -> str | None:
    """Say in one line why there were fewer epochs than planned; None if there were not."""
    done = len(record.rows)
    if done >= plan.epochs:
        return None
    if record.has_settled(plan.patience):
        return f"ended after epoch {done}: no better mask AP since epoch {record.best['epoch']} (train.patience)"
    return f"ended after epoch {done} of {plan.epochs}: no more fit into {plan.minutes:g} minutes (train.minutes)"


def _modules(learner: Learner) -> list[dict[str, Any]]:
    """List the parts of the model; `thaws` is the epoch from which on a frozen one learns."""
    return [
        {
            "part": first.name,
            "modules": list(first.modules),
            "parameters": first.parameters,
            "state": "learning" if first.learns else "frozen",
            "thaws": learner.plan.thaw if last.learns and not first.learns else None,
        }
        for first, last in zip(learner.frozen.parts, learner.thawed.parts, strict=True)
    ]
