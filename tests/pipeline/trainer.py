"""The train stage in processes forked from one that has imported everything: a start costs a tenth of a second."""

import itertools
import json
import multiprocessing
import os
import resource
import shutil
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import mlflow  # noqa: F401  so that it is there before the fork
import torch

from rehead.stage import run
from rehead.training.checkpoint import Checkpoint
from stages import swap_heads, train

LOG = "log"
FOLDERS = {
    "dataset": "data/dataset",
    "start": "data/detector/initial",
    "tuning": "reports/tuning.json",
    "checkpoints": "data/checkpoints",
    "features": "data/features",
    "out": "data/detector/trained",
    "report": "reports/training.json",
    "history": "reports/training.csv",
}


def processes() -> ForkServerContext:
    """Give the context whose processes come from a server with this module imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def begin(target: Callable[[Path, str], None], root: Path, *, uri: str = "") -> ForkServerProcess:
    """Start a process in a project folder, tracking to `uri` or else locally."""
    process = processes().Process(target=target, args=(root, uri))
    process.start()
    return process


def prepared(root: Path, dataset: Path) -> None:
    """Lay out a project folder up to the heads."""
    shutil.copytree(dataset, root / "data" / "dataset")
    (root / "reports").mkdir()
    (root / "reports" / "tuning.json").write_text(json.dumps({"best": {}}))


def swap(root: Path, uri: str) -> None:
    """Run the stage before training."""
    _enter(root, uri)
    swap_heads.main(
        manifest=Path("data/dataset/manifest.json"),
        out=Path("data/detector/initial"),
        report=Path("reports/heads.json"),
    )


def fit(root: Path, uri: str) -> None:
    """Run the train stage as its command line does."""
    _enter(root, uri)
    sys.argv = ["stages/train.py", *(part for name, path in FOLDERS.items() for part in (f"--{name}", path))]
    run(train.main)


def fit_on_a_full_disk(root: Path, uri: str) -> None:
    """Run the train stage where the database of runs may be written, and no weights."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    fit(root, uri)


def save_endlessly(root: Path, uri: str) -> None:
    """Save one state after the other."""
    _enter(root, uri)
    checkpoint = Checkpoint(Path("data/checkpoints"))
    for number in itertools.count():
        checkpoint.save({"weights": torch.full((500_000,), float(number))})


def _enter(root: Path, uri: str) -> None:
    os.chdir(root)
    torch.set_num_threads(1)
    multiprocessing.set_start_method("fork", force=True)  # for loaders, as in a process of the system's own
    if uri:
        os.environ["MLFLOW_TRACKING_URI"] = uri
    else:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 2)
    os.close(log)
