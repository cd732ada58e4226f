"""Runs whose server is away: kept in a file, sent later."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rehead.tracking.connection import StoreUnavailable
from rehead.tracking.delivery import Event, Opening
from rehead.tracking.run import RunLog, tracked_run
from rehead.tracking.spool import Spool, upload_spooled
from rehead.tracking.store import tracking_uri


@pytest.fixture
def away(project: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a server that is not there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return uri


@pytest.fixture
def spool(project: Path) -> Iterator[Path]:
    """The project's spool, empty at the start and the end."""
    folder = project / "data" / "spool"
    assert list(folder.glob("*")) == []
    yield folder
    for path in folder.glob("*.jsonl*"):
        path.unlink()


@contextmanager
def back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store is there again: the local one."""
    with monkeypatch.context() as context:
        context.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield


def test_an_absent_server_does_not_stop_a_run(away: str, spool: Path) -> None:
    with tracked_run("alone") as log:
        log.metrics({"loss": 1.0})
    assert len(list(spool.glob("*.jsonl"))) == 1


def test_an_absent_server_is_told_of_once(away: str, spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with tracked_run("alone") as log:
        for step in range(5):
            log.metrics({"loss": 1.0}, step=step)
    assert capsys.readouterr().err.count("is away") == 1


def test_a_spooled_run_has_no_id_yet(away: str, spool: Path) -> None:
    with tracked_run("alone") as log:
        assert log.run_id is None


def test_numbers_are_refused_without_a_server_too(away: str, spool: Path) -> None:
    with pytest.raises(ValueError, match="finite"), tracked_run("alone") as log:
        log.metrics({"loss": float("nan")})


def test_a_spooled_run_arrives_whole(
    away: str, spool: Path, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "figure.txt").write_text("as it was then")
    with tracked_run("late", params={"lr": 0.1}, tags={"stage": "train"}) as log:
        log.metrics({"loss": 1.5}, step=7)
        log.artifact(tmp_path / "figure.txt", "figures")
    (tmp_path / "figure.txt").write_text("changed since")
    with back(monkeypatch):
        [arrived] = upload_spooled()
    run = client.get_run(arrived.run_id)
    kept = Path(client.download_artifacts(arrived.run_id, "figures/figure.txt")).read_text()
    facts = (run.info.run_name, run.info.status, run.data.params, run.data.metrics, run.data.tags["stage"], kept)
    assert facts == ("late", "FINISHED", {"lr": "0.1"}, {"loss": 1.5}, "train", "as it was then")


def test_nothing_stays_behind_after_the_upload(away: str, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tracked_run("late"):
        pass
    with back(monkeypatch):
        upload_spooled()
    assert list(spool.iterdir()) == []


def test_the_next_run_uploads_what_waits(away: str, spool: Path, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with tracked_run("waits"):
        pass
    with back(monkeypatch), tracked_run("next") as log:
        runs = client.search_runs([client.get_run(log.run_id).info.experiment_id], "attributes.run_name = 'waits'")
        assert [run.info.status for run in runs] == ["FINISHED"]


def test_an_upload_to_an_absent_server_keeps_the_run(away: str, spool: Path) -> None:
    with tracked_run("stays"):
        pass
    with pytest.raises(StoreUnavailable):
        upload_spooled()
    assert len(list(spool.glob("*.jsonl"))) == 1


def test_a_run_that_a_kill_cut_short_arrives_as_killed(client: Any, tmp_path: Path) -> None:
    cut = Spool(tmp_path, Opening("k1", "cut", "rehead", {}))
    cut.append(Event("points", [["loss", 1.0, 0]]))
    cut.close()
    with cut.path.open("a") as stream:
        stream.write('{"kind": "points", "bo')
    [arrived] = upload_spooled(folder=tmp_path)
    run = client.get_run(arrived.run_id)
    assert (run.info.status, run.data.metrics) == ("KILLED", {"loss": 1.0})


def test_an_upload_that_was_interrupted_makes_no_second_run(client: Any, tmp_path: Path) -> None:
    again = ""
    for _ in range(2):
        waiting = Spool(tmp_path, Opening("k2", "twice", "rehead", {}))
        waiting.append(Event("points", [["loss", 1.0, 0]], time_ms=1))
        waiting.append(Event("end", "FINISHED"))
        waiting.close()
        [arrived] = upload_spooled(folder=tmp_path)
        assert again in ("", arrived.run_id)
        again = arrived.run_id
    assert len(client.get_metric_history(again, "loss")) == 1


def test_a_run_still_being_written_is_left_alone(project: Path, tmp_path: Path) -> None:
    Spool(tmp_path, Opening("k3", "ended", "rehead", {})).close()
    live = Spool(tmp_path, Opening("k4", "live", "rehead", {}))
    arrived = [run.key for run in upload_spooled(folder=tmp_path)]
    live.close()
    assert arrived == ["k3"]


@pytest.mark.parametrize("content", ["", "not json\n"])
def test_a_file_that_is_no_run_is_put_aside(project: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "odd.jsonl").write_text(content)
    upload_spooled(folder=tmp_path)
    assert (tmp_path / "odd.jsonl.refused").exists()


def test_a_run_that_the_store_refuses_is_put_aside(project: Path, tmp_path: Path) -> None:
    refused = Spool(tmp_path, Opening("k5", "changed", "rehead", {}))
    refused.append(Event("params", {"lr": "1"}))
    refused.append(Event("params", {"lr": "2"}))
    refused.close()
    assert upload_spooled(folder=tmp_path) == []
    assert [path.name for path in tmp_path.glob("*.refused")] == ["k5.jsonl.refused"]


def test_a_run_deleted_meanwhile_goes_on_as_a_new_one(client: Any, tmp_path: Path) -> None:
    log = RunLog(Opening("k6", "deleted", "rehead", {}), uri=tracking_uri(), spool=tmp_path)
    first = log.run_id
    waiting = Spool(tmp_path, Opening("k7", "deleted", "rehead", {}, run_id=first))
    waiting.close()
    client.delete_run(first)
    [arrived] = upload_spooled(folder=tmp_path)
    assert arrived.run_id != first
