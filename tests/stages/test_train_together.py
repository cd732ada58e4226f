"""The train stage in two processes, one of them killed in the middle, for real."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from rehead.dataset.split import load_split
from rehead.detector.build import build_detector
from rehead.detector.checkpoint import save_detector
from rehead.detector.plan import ModelPlan
from rehead.files import read_json, write_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
PARAMS = """\
train: {freeze: none, epochs: 3, batch_size: 2, rois: 8, anchors: 16, proposals: 32, processes: 2, save_minutes: 0.0001}
"""
MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
EPOCHS = 3


def prepared(root: Path, dataset: Path) -> Path:
    """Write into a folder what the stage reads there."""
    torch.manual_seed(0)
    save_detector(build_detector(MODEL, load_split(dataset, "train").classes), root / "initial")
    write_json(root / "tuning.json", {"best": {}})
    (root / "params.yaml").write_text(PARAMS)
    return root


def start(root: Path, dataset: Path, *launcher: str) -> "subprocess.Popen[str]":
    """Start the stage in a folder, with no tracking server to be found; by a launcher, on one thread a process."""
    inputs = {"dataset": dataset, "start": root / "initial", "tuning": root / "tuning.json"}
    outputs = {name: root / name for name in ("checkpoints", "features", "out", "report", "history")}
    flags = [part for name, path in (inputs | outputs).items() for part in (f"--{name}", str(path))]
    return subprocess.Popen(
        [sys.executable, *launcher, str(ROOT / "stages" / "train.py"), *flags],
        cwd=root,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:1",
            **({"OMP_NUM_THREADS": "1"} if launcher else {}),
        },
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_second(root: Path, stage: "subprocess.Popen[str]") -> None:
    """Kill the process of rank 1 after the first step that was saved."""
    while not any(root.glob("checkpoints/*/state-*.bin")):
        assert stage.poll() is None, stage.communicate()[1]
        time.sleep(0.02)
    [second] = (one for one in psutil.Process(stage.pid).children() if one.environ().get("RANK") == "1")
    second.send_signal(signal.SIGKILL)


@pytest.fixture(scope="module")
def killed(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "subprocess.Popen[str]", str]:
    """A stage whose second process was killed after the first step that was saved."""
    root = prepared(tmp_path_factory.mktemp("together"), dataset)
    stage = start(root, dataset)
    kill_second(root, stage)
    return root, stage, stage.communicate()[1]


def test_a_killed_process_ends_the_stage_and_leaves_the_last_step_to_go_on_from(
    killed: tuple[Path, "subprocess.Popen[str]", str],
) -> None:
    root, stage, errors = killed
    assert stage.returncode == 1
    assert "train: process 1 of 2 was ended by SIGKILL: run it again" in errors
    assert not (root / "out").exists()


def test_the_next_run_goes_on_to_the_end(killed: tuple[Path, "subprocess.Popen[str]", str], dataset: Path) -> None:
    root, _, _ = killed
    stage = start(root, dataset)
    _, errors = stage.communicate()
    assert (stage.returncode, "going on after step" in errors) == (0, True), errors
    with (root / "history").open() as stream:
        assert [int(row["epoch"]) for row in csv.DictReader(stream)] == list(range(1, EPOCHS + 1))
    assert read_json(root / "report")["steps"] == EPOCHS * 3
    assert not list(root.glob("checkpoints/*"))


TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "1", "--")


def test_torchrun_starts_a_killed_process_again_and_the_weights_are_those_of_undisturbed_ones(
    dataset: Path, tmp_path: Path
) -> None:
    disturbed, calm = (prepared(tmp_path / name, dataset) for name in ("disturbed", "calm"))
    stages = [start(root, dataset, *TORCHRUN) for root in (disturbed, calm)]
    kill_second(disturbed, stages[0])
    (errors, others), weights = (stage.communicate()[1] for stage in stages), "out/weights.safetensors"
    assert [stage.returncode for stage in stages] == [0, 0], errors + others
    assert ["going on after step" in each for each in (errors, others)] == [True, False]
    assert (disturbed / weights).read_bytes() == (calm / weights).read_bytes()
