"""The two that are compared: the peer's script as it is, and this library's training, each in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehead.coco.ingestion import ingest
from rehead.coco.plan import DataPlan

SHARED = Path(__file__).parents[3] / "shared"
SCRIPT = SHARED / "bench" / "torchvision_baseline.py"
THREADS = os.environ.get("REHEAD_BENCH_THREADS", str(os.cpu_count()))

Figures = dict[str, Any]


def run_peer(data: Path, **flags: object) -> Figures:
    """Run the peer's script on a COCO folder; gives its last line, and the seconds at which each epoch ended."""
    options = [text for name, value in flags.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    lines = run_lines([sys.executable, str(SCRIPT), str(data), *options])
    ends = [float(line.split()[-1].removesuffix("s")) for line in lines if line.startswith("epoch ")]
    return {**json.loads(lines[-1]), "epoch_ends_s": ends}


def run_ours(
    dataset: Path,
    *,
    model: Mapping[str, Any],
    train: Mapping[str, Any],
    scored_from: int | None = None,
    stop_at: float | None = None,
    without: Sequence[str] = (),
) -> Figures:
    """Train on a canonical dataset; see training_worker.py for what the arguments mean and for what comes back."""
    spec = {
        "dataset": str(dataset),
        "model": model,
        "train": train,
        "scored_from": scored_from,
        "stop_at": stop_at,
        "without": without,
    }
    found: Figures = json.loads(run_lines([*_worker("training"), json.dumps(spec)])[-1])
    return found


def grown_megabytes(draw: str) -> float:
    """Measure what mask targets take, drawn by "ours" or "torchvision"; see target_worker.py."""
    return float(run_lines([*_worker("target"), draw])[-1])


def _worker(name: str) -> list[str]:
    return [sys.executable, "-m", f"{__package__}.{name}_worker"]


def canonical(data: Path, folder: Path) -> Path:
    """Write the canonical copy of a COCO folder that brings train.json and val.json."""
    ingest(DataPlan(source=str(data), test="val"), folder)
    return folder


def run_lines(command: list[str]) -> list[str]:
    """Run a Python command on as many threads as are set; gives what it printed, line by line."""
    environment = {**os.environ, "OMP_NUM_THREADS": THREADS, "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    return done.stdout.splitlines()
