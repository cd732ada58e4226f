"""DVC killed in the middle of a training, for real."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from rehead.files import read_json
from tests.pipeline.conftest import PARAMS, Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EPOCHS = 40


def wait_for(what: Callable[[], bool], *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.1)


def trainers(root: Path) -> list[psutil.Process]:
    """Processes that run this project's train stage."""
    found = []
    for process in psutil.process_iter():
        try:
            if "stages/train.py" in " ".join(process.cmdline()) and process.cwd() == str(root):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return [process for process in found if process.name().startswith("python")]


def test_after_a_sigkill_of_dvc_the_training_ends_and_the_next_one_goes_on_with_the_same_run(project: Project) -> None:
    project.set_params(PARAMS.replace("epochs: 2", f"epochs: {EPOCHS}"))
    checkpoints = project.root / "data" / "checkpoints"
    first = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "train"],
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(lambda: any(checkpoints.glob("*/state.bin")) or first.poll() is not None, seconds=240)
    assert first.poll() is None, "dvc ended before it could be killed"
    os.kill(first.pid, signal.SIGKILL)
    first.wait()

    # Straight after the kill the orphan may still be there: the next run must not train beside it.
    wait_for(lambda: not trainers(project.root), seconds=60)
    assert any(checkpoints.glob("*/state.bin")), "the killed run left nothing to go on from"

    told = project.dvc("repro", "train")
    assert "going on after epoch" in told
    report = read_json(project.root / "reports" / "training.json")
    with (project.root / "reports" / "training.csv").open() as stream:
        assert [int(row["epoch"]) for row in csv.DictReader(stream)] == list(range(1, EPOCHS + 1))
    assert report["run_id"] is not None
    assert not any(checkpoints.iterdir())


def test_a_second_trainer_is_refused_while_the_first_one_lives(project: Project) -> None:
    project.dvc("repro", "tune")
    project.set_params(PARAMS.replace("epochs: 2", f"epochs: {EPOCHS * 10}"))
    command = read_command(project.root)
    first = subprocess.Popen(
        command, cwd=project.root, env=project.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        lock = project.root / "data" / "locks" / "train.lock"
        wait_for(lambda: lock.is_file() and lock.read_text() == str(first.pid), seconds=120)
        second = subprocess.run(command, cwd=project.root, env=project.environment, capture_output=True, text=True)
        assert second.returncode != 0
        assert f"process {first.pid}" in second.stderr
    finally:
        first.terminate()
        assert first.wait(timeout=60) == 143


def read_command(root: Path) -> list[str]:
    from ruamel.yaml import YAML

    text: str = YAML(typ="safe").load((root / "dvc.yaml").read_text())["stages"]["train"]["cmd"]
    return [sys.executable, *text.split()[1:]]
