"""Somebody deletes a run or its experiment while the work goes on."""

from pathlib import Path
from typing import Any

import pytest

from rehead.tracking.run import tracked_run


@pytest.fixture
def own(client: Any, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spool of its own as working folder, on the project's store; returns the folder."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project / 'data' / 'mlflow.db'}")
    (tmp_path / "dvc.yaml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_deleted_meanwhile_ends_as_another_one(own: Path, client: Any) -> None:
    with tracked_run("deleted") as log:
        first = log.run_id
        client.delete_run(first)
        log.metrics({"loss": 1.0}, step=1)
        log.tags({"late": "yes"})
    run = client.get_run(log.run_id)
    assert (run.info.run_id != first, run.data.metrics, run.data.tags["late"]) == (True, {"loss": 1.0}, "yes")


def test_a_deletion_is_told_of_once(own: Path, client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with tracked_run("deleted") as log:
        client.delete_run(log.run_id)
        for step in range(3):
            log.metrics({"loss": 1.0}, step=step)
    assert capsys.readouterr().err.count("refuses this run") == 1


def test_a_run_whose_experiment_was_deleted_is_resumed_as_a_new_one(
    own: Path, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "short-lived")
    with tracked_run("first") as first:
        pass
    client.delete_experiment(client.get_run(first.run_id).info.experiment_id)
    with tracked_run("second", run_id=first.run_id) as second:
        pass
    run = client.get_run(second.run_id)
    assert (run.info.status, client.get_experiment(run.info.experiment_id).name) == ("FINISHED", "short-lived-2")


def test_the_error_of_the_work_wins_over_one_of_its_tracking(own: Path, client: Any) -> None:
    (own / "data").mkdir()
    (own / "data" / "spool").write_text("no folder")
    with pytest.raises(RuntimeError, match="loss is nan"), tracked_run("unlucky") as log:  # noqa: PT012
        client.delete_run(log.run_id)
        raise RuntimeError("loss is nan")
