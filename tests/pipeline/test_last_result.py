"""What an interrupted stage leaves of its last result: DVC has removed it, and its cache gives it back."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.pipeline.conftest import Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PIPELINE = "stages: {work: {cmd: python work.py, params: [train], outs: [result]}}\n"
WORK = """
import time
from pathlib import Path
from rehead.params import load_document
from rehead.stage import run, stage

def main() -> None:
    with stage("work", inputs=[], sections=["train"]):
        seconds = load_document(Path("params.yaml"))["train"]["seconds"]
        Path("begun").touch()
        time.sleep(seconds)
        Path("result").write_text(f"after {seconds} s")

if __name__ == "__main__":
    run(main)
"""


def test_the_last_result_of_an_interrupted_stage_comes_back_as_the_stage_says(tmp_path: Path) -> None:
    root, project = tmp_path, Project(tmp_path)
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "work.py").write_text(WORK)
    project.set_params("train: {seconds: 0}\n")
    project.dvc("init", "--no-scm", "--quiet")
    project.dvc("repro")
    (root / "begun").unlink()

    project.set_params("train: {seconds: 600}\n")
    with (root / "log").open("wb") as log:
        order = [sys.executable, "-m", "dvc", "repro"]
        dvc = subprocess.Popen(order, cwd=root, env=project.environment, stdout=log, stderr=log)
    while not (root / "begun").exists():
        assert dvc.poll() is None, (root / "log").read_text()
        time.sleep(0.05)
    dvc.send_signal(signal.SIGTERM)
    dvc.wait()
    while "brings back" not in (root / "log").read_text():
        time.sleep(0.05)
    assert not (root / "result").exists()
    project.dvc("checkout")
    assert (root / "result").read_text() == "after 0 s"
