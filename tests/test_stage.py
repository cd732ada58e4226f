"""One run of a stage: alone, on inputs that stay as they are, no longer than its DVC, and closed when told to end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from rehead.stage import run, stage

_BODY = """
import sys, time
from pathlib import Path
from rehead.stage import stage
with stage("train", inputs=[], sections=[], root=Path(sys.argv[1])):
    try:
        print("begun", flush=True)
        time.sleep(60)
    finally:
        print("closed", flush=True)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with parameters and one input."""
    (tmp_path / "params.yaml").write_text("train: {lr: 0.1}\ntune: {trials: 0}\n")
    (tmp_path / "input").write_text("data")
    return tmp_path


def test_a_stage_whose_inputs_stay_succeeds(project: Path) -> None:
    with stage("train", inputs=[project / "input"], sections=["train"], root=project):
        (project / "output").write_text("result")
    assert (project / "output").exists()


def test_an_input_that_changes_fails_the_stage(project: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="input changed while it ran"),
        stage("train", inputs=[project / "input"], sections=[], root=project),
    ):
        (project / "input").write_text("other")


def test_an_input_that_appears_fails_the_stage(project: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="late changed while it ran"),
        stage("train", inputs=[project / "late"], sections=[], root=project),
    ):
        (project / "late").write_text("new")


def test_a_parameter_that_changes_fails_the_stage(project: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=r"params.yaml:train changed"),
        stage("train", inputs=[], sections=["train"], root=project),
    ):
        (project / "params.yaml").write_text("train: {lr: 0.2}\ntune: {trials: 0}\n")


def test_a_parameter_of_another_stage_may_change(project: Path) -> None:
    with stage("train", inputs=[], sections=["train"], root=project):
        (project / "params.yaml").write_text("train: {lr: 0.1}\ntune: {trials: 9}\n")
    assert "9" in (project / "params.yaml").read_text()


def test_a_value_may_be_named_without_the_rest_of_its_section(project: Path) -> None:
    (project / "params.yaml").write_text("train: {lr: 0.1, epochs: 3}\n")
    with (
        pytest.raises(RuntimeError, match=r"stage train: params.yaml:train.lr changed"),
        stage("train", inputs=[], sections=["train.lr"], root=project),
        stage("tune", inputs=[], sections=["train.epochs", "retrain.minutes"], root=project),
    ):
        (project / "params.yaml").write_text("train: {lr: 0.2, epochs: 3}\n")


def test_the_error_of_the_body_is_not_hidden_by_a_changed_input(project: Path) -> None:
    with (  # noqa: PT012
        pytest.raises(ZeroDivisionError),
        stage("train", inputs=[project / "input"], sections=[], root=project),
    ):
        (project / "input").write_text("other")
        raise ZeroDivisionError


def test_a_second_run_of_a_stage_is_refused_with_the_process_of_the_first(project: Path) -> None:
    with (
        stage("train", inputs=[], sections=[], root=project),
        pytest.raises(RuntimeError, match=f"stage train is running already .process {os.getpid()},"),
        stage("train", inputs=[], sections=[], root=project),
    ):
        pass


def test_two_stages_may_run_at_once(project: Path) -> None:
    with stage("train", inputs=[], sections=[], root=project), stage("tune", inputs=[], sections=[], root=project):
        locks = sorted(path.name for path in (project / "data" / "locks").iterdir())
    assert locks == ["train.lock", "tune.lock"]


def test_a_failed_stage_can_run_again(project: Path) -> None:
    with pytest.raises(ZeroDivisionError), stage("train", inputs=[], sections=[], root=project):
        raise ZeroDivisionError
    with stage("train", inputs=[], sections=[], root=project):
        (project / "again").touch()
    assert (project / "again").exists()


def test_a_stage_closes_what_it_holds_when_it_is_told_to_end(project: Path) -> None:
    command = [sys.executable, "-c", _BODY, str(project)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        child.terminate()
        rest = child.stdout.read()
    assert (rest, child.returncode) == ("closed\n", 143)


@pytest.mark.parametrize(
    ("pipeline", "lock", "told"),
    [
        ("{train: {outs: [model, {history: {cache: false}}]}}", "{train: {cmd: fit}}", True),
        ("{train: {outs: [{history: {cache: false}}]}}", "{train: {cmd: fit}}", False),
        ("{train: {outs: [model]}}", "{tune: {cmd: search}}", False),
    ],
    ids=["finished before", "not in the cache", "never finished"],
)
def test_an_interrupted_stage_says_how_its_last_result_comes_back_where_there_is_one(
    project: Path, pipeline: str, lock: str, told: bool
) -> None:
    (project / "dvc.yaml").write_text(f"stages: {pipeline}\n")
    (project / "dvc.lock").write_text(f"stages: {lock}\n")
    command, pipe = [sys.executable, "-c", _BODY, str(project)], subprocess.PIPE
    order = os.environ | {"DVC_STAGE": "train"}
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=order) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        child.terminate()
        said = child.communicate()[1]
    assert (child.returncode, "`dvc checkout` brings back" in said) == (143, told)


def test_a_stage_ends_with_the_dvc_that_started_it(project: Path) -> None:
    order = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1], sys.argv[2]])"
    command = [sys.executable, "-c", order, _BODY, str(project)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | {"DVC_STAGE": "train"}
    ) as dvc:
        assert dvc.stdout is not None
        assert dvc.stdout.readline() == "begun\n"
        [orphan] = psutil.Process(dvc.pid).children()
        dvc.kill()
        assert dvc.stdout.read() == "closed\n"
    deadline = time.monotonic() + 20
    while orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


def test_a_stage_leaves_signals_as_it_found_them(project: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    with stage("train", inputs=[], sections=[], root=project):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == before


@pytest.mark.parametrize(
    ("error", "status"), [(FloatingPointError("loss is nan"), 65), (ValueError("no"), 1), (KeyboardInterrupt(), 130)]
)
def test_the_exit_status_says_what_kind_of_end_it_was(
    error: BaseException, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def main() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["stages/train.py"])
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit) as left:
            run(main)
    finally:
        signal.signal(signal.SIGINT, before)
    assert left.value.code == status
