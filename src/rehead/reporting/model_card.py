"""The model card: what a model is, how good it is, what it may be used for and how it is called, in Markdown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehead.files import write_atomically
from rehead.reporting.markdown import render_markdown
from rehead.reporting.rows import class_rows, flat_rows, weakest_first


def write_model_card(path: Path, facts: Mapping[str, Any]) -> None:
    """Write a model card in the form of Mitchell et al. (2019).

    `facts` is a registration receipt (`name`, `version`, `alias`, `because`, `model_sha256`, `git_commit`, ...) with
    the reports beside it: `evaluation`, `training`, and where known `model` (its plan), `ingest` and `params`. All but
    `evaluation` may be missing. Raises KeyError without it.
    """
    evaluation, training = facts["evaluation"], facts.get("training") or {}
    context = {
        "facts": facts,
        "name": facts.get("name", "rehead"),
        "plan": facts.get("model") or (facts.get("params") or {}).get("model") or {},
        "evaluation": evaluation,
        "data": evaluation["dataset"],
        "classes": weakest_first(class_rows(evaluation)),
        "names": facts.get("classes") or list(evaluation.get("per_class", {})),
        "thresholds": [(name, round(score, 2)) for name, score in sorted(_thresholds(facts).items())],
        "fixed_score": _fixed_score(facts),
        "chosen_on": (evaluation.get("thresholds") or {}).get("on", "val"),
        "training": flat_rows({key: training[key] for key in _RECIPE if key in training}),
        "recipe": flat_rows(training.get("plan") or (facts.get("params") or {}).get("train") or {}),
        "splits": (facts.get("ingest") or {}).get("splits") or {},
        "lineage": [(words, facts[key]) for key, words in _LINEAGE.items() if facts.get(key)],
        "weights": {key: training[key] for key in ("start_sha256", "weights_sha256", "run_id") if training.get(key)},
    }
    write_atomically(path, render_markdown("model_card.md.j2", context))


_RECIPE = (
    "learning_parameters",
    "frozen_parameters",
    "frozen_modules",
    "epochs",
    "steps",
    "best_epoch",
    "best_mask_AP",
    "best_box_AP",
    "seconds",
)
_LINEAGE = {
    "git_commit": "git commit",
    "dvc_lock_sha256": "dvc.lock, sha256",
    "model_sha256": "model package, sha256",
    "dataset_fingerprint": "test split, fingerprint",
}


def _thresholds(facts: Mapping[str, Any]) -> Mapping[str, float]:
    """Give the scores from which the packaged model reports objects of each class; {} where one holds for all."""
    return (facts.get("serving") or {}).get("thresholds") or {}


def _fixed_score(facts: Mapping[str, Any]) -> float | None:
    """Give the one score from which it reports objects, where somebody named a number; None where that was chosen."""
    if not _thresholds(facts):
        return (facts.get("serving") or {}).get("score_threshold")
    rule = (facts["evaluation"].get("thresholds") or {}).get("rule")
    return rule if isinstance(rule, float) else None
