"""The trainings of an ablation: what each is, where its outcome is kept, and what it came to."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rehead.detector.plan import ModelPlan
from rehead.files import read_json, replaced_folder, sha256_of, write_json
from rehead.training.code import code_hashes

_RUN, _RESULTS = "run.json", "results.json"
_EMBEDDED = "rehead_shapes"


@dataclass(frozen=True)
class Training:
    """A training to do, or done: its plans as JSON, and the folder that its outcome has once it is done."""

    value: str
    seed: int
    model: dict[str, Any]
    train: dict[str, Any]
    folder: Path

    def __str__(self) -> str:
        """Name it."""
        return f"{self.value}, seed {self.seed}"


@dataclass(frozen=True)
class Run:
    """One finished training and what it found in the validation split."""

    value: str
    """The value under comparison, such as "28" or "roi_pool"."""
    seed: int
    results: list[dict[str, Any]]
    """COCO results on the validation split, by the weights of the last epoch."""
    seconds: float
    """Wall time of the training alone, without start, loading and prediction."""
    processor_seconds: float
    """Time that processors worked on that training, its loading processes (`train.workers`) not counted.

    Other work on the machine does not lengthen it much.
    """
    peak_memory_mib: float
    """Most memory up to the end of the training: the GPU's if it ran on one, else the process's."""
    images_per_second: float
    parameters: int
    """Parameters of the whole detector, frozen ones included."""


def facts_of(dataset: Path, model: ModelPlan, *, weights: Path | None = None) -> dict[str, Any]:
    """Collect what an outcome depends on beside the plans: both splits, the first weights and the code.

    `weights` is where weights that the plan names by a registry's address are on this disk. Raises ValueError if the
    dataset has not been ingested or the plan's weights are no file.
    """
    path = dataset / "manifest.json"
    if not path.is_file():
        raise ValueError(f"{path} does not exist: run `dvc repro ingest` first, or name a dataset with --dataset")
    manifest = read_json(path)
    splits = {name: manifest["splits"][name]["fingerprint"] for name in ("train", "val")}
    return {
        "splits": splits,
        "classes": list(manifest["categories"]),
        "tile": manifest.get("tile"),
        "weights": _weights_hash(weights or Path(model.weights), model),
        "code": code_hashes(),
    }


def content_key(facts: dict[str, Any]) -> str:
    """Name a training after all that its outcome depends on: 16 hex digits."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def store_run(folder: Path, run: Run, *, facts: dict[str, Any]) -> None:
    """Write a finished run and what it is of: the folder appears whole or not at all."""
    with replaced_folder(folder) as fresh:
        numbers = {name: value for name, value in asdict(run).items() if name != "results"}
        write_json(fresh / _RESULTS, run.results)
        write_json(fresh / _RUN, numbers | facts)


def stored_run(training: Training) -> Run | None:
    """Read a training's outcome; None where it has not been done.

    Two experiments may share it, so what it is called comes from the training and not from the file.
    """
    if not (training.folder / _RUN).is_file():
        return None
    kept = read_json(training.folder / _RUN)
    return Run(
        value=training.value,
        seed=training.seed,
        results=read_json(training.folder / _RESULTS),
        seconds=kept["seconds"],
        processor_seconds=kept["processor_seconds"],
        peak_memory_mib=kept["peak_memory_mib"],
        images_per_second=kept["images_per_second"],
        parameters=kept["parameters"],
    )


def _weights_hash(path: Path, model: ModelPlan) -> str:
    """Hash the file of first weights; those that come with the code or with torchvision go by their names."""
    if path.exists():
        return sha256_of(path)
    if path.suffix or "/" in model.weights:
        raise ValueError(f"model.weights: {path} does not exist; name a file that does, or rehead_shapes")
    return model.weights
