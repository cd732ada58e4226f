"""DVC killed, told to end and interrupted in the middle of a training, for real."""

import csv
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from rehead.files import held_lock, read_json
from rehead.tracking.connection import open_client
from tests.pipeline.conftest import PARAMS, Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
EPOCHS = 24


def wait_for(what: Callable[[], bool], *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.05)


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


@pytest.fixture(autouse=True)
def nothing_left(project: Project) -> Iterator[None]:
    """Leave no training behind, also where the test fails."""
    yield
    for trainer in trainers(project.root):
        trainer.kill()


def newest_state(root: Path) -> str:
    return max((path.name for path in (root / "data" / "checkpoints").glob("*/state-*.bin")), default="")


def training_by_dvc(project: Project) -> subprocess.Popen[bytes]:
    """Start DVC in a process group of its own, and wait until the training has saved anew."""
    before = newest_state(project.root)
    with (project.root / "dvc.log").open("ab") as log:
        dvc = subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", "train"],
            cwd=project.root,
            env=project.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    wait_for(lambda: newest_state(project.root) > before or dvc.poll() is not None, seconds=400)
    assert dvc.poll() is None, (project.root / "dvc.log").read_text()
    return dvc


def test_whatever_ends_dvc_ends_its_training_too_and_the_next_one_goes_on_in_the_same_run(project: Project) -> None:
    root = project.root
    plan = PARAMS.replace("freeze: none, epochs: 2", f"freeze: backbone, epochs: {EPOCHS}")
    project.set_params(plan)
    project.dvc("repro", "tune")

    dvc = training_by_dvc(project)
    [trainer] = trainers(root)
    lock = held_lock(root / "data" / "locks" / "train.lock", what="stage train")
    with pytest.raises(RuntimeError, match=f"is running already .process {trainer.pid},"), lock:
        pytest.fail("a second trainer came in")
    dvc.kill()
    dvc.wait()
    wait_for(lambda: not trainers(root), seconds=60)

    dvc = training_by_dvc(project)
    dvc.terminate()
    dvc.wait()
    wait_for(lambda: not trainers(root), seconds=60)

    dvc = training_by_dvc(project)
    os.killpg(dvc.pid, signal.SIGINT)
    assert dvc.wait(timeout=60) != 0
    assert not trainers(root)
    # Where DVC's shell waits for the stage, as dash does, the shell itself dies of the Ctrl-C: -2 in place of 130.
    assert re.search(r"exited with (130|-2)$", (root / "dvc.log").read_text(), re.MULTILINE)
    assert not (root / "data" / "detector" / "trained").exists()

    dvc = training_by_dvc(project)
    os.killpg(dvc.pid, signal.SIGTERM)
    dvc.wait(timeout=60)
    wait_for(lambda: not trainers(root), seconds=60)

    dvc = training_by_dvc(project)
    project.set_params(plan.replace("freeze: backbone", "lr: 0.5, freeze: backbone"))
    assert dvc.wait(timeout=400) != 0
    assert "params.yaml:train changed while it ran" in (root / "dvc.log").read_text()
    assert not re.search("^  train:$", (root / "dvc.lock").read_text(), re.MULTILINE)

    project.set_params(plan)
    assert f"going on after step {EPOCHS * 3}," in project.dvc("repro", "train")
    with (root / "reports" / "training.csv").open() as stream:
        assert [int(row["epoch"]) for row in csv.DictReader(stream)] == list(range(1, EPOCHS + 1))
    assert not any((root / "data" / "checkpoints").iterdir())
    store = open_client(f"sqlite:///{root / 'data' / 'mlflow.db'}")
    [run] = store.search_runs(["0", "1"], "attributes.run_name = 'train'")
    report = read_json(root / "reports" / "training.json")
    assert (run.info.run_id, run.info.status) == (report["run_id"], "FINISHED")
