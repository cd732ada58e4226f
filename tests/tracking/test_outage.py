"""Runs while a real server goes and comes, and while others misbehave."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehead.tracking.run import tracked_run
from tests.tracking.server import Server, failing_server, silent_server

_PATIENCE_SECONDS = 25  # all that an absent server may cost a run


@pytest.fixture
def server(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that is not yet started, on the project's store; runs go to it, into an experiment of its own."""
    server = Server(project)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "served")
    yield server
    server.kill()


def spooled(project: Path) -> list[Path]:
    return sorted((project / "data" / "spool").glob("*.jsonl"))


def seconds_of_a_run(name: str) -> float:
    """Log a hundred steps to a server that takes none of them; returns the time it took."""
    begin = time.monotonic()
    with tracked_run(name) as log:
        for step in range(100):
            log.metrics({"loss": 1.0}, step=step)
    return time.monotonic() - begin


@pytest.mark.slow
def test_a_run_outlives_its_server_and_arrives_whole_when_it_is_back(
    server: Server, client: Any, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "figure.txt").write_text("drawn")
    server.start()
    with tracked_run("interrupted", params={"lr": 0.1}) as log:
        log.metrics({"loss": 3.0}, step=0)
        server.kill()
        begin = time.monotonic()
        for step in range(1, 50):
            log.metrics({"loss": 3.0 / step}, step=step)
        log.artifact(tmp_path / "figure.txt")
        assert time.monotonic() - begin < _PATIENCE_SECONDS
    assert len(spooled(project)) == 1
    server.start()
    with tracked_run("next"):
        pass
    run = client.get_run(log.run_id)
    steps = sorted(point.step for point in client.get_metric_history(log.run_id, "loss"))
    assert (run.info.status, run.data.params, steps) == ("FINISHED", {"lr": "0.1"}, list(range(50)))
    assert (spooled(project), [path.read_text() for path in (project / "data" / "served").rglob("figure.txt")]) == (
        [],
        ["drawn"],
    )


@pytest.mark.slow
def test_a_server_back_before_the_end_gets_the_run_at_its_end(server: Server, client: Any, project: Path) -> None:
    with tracked_run("late") as log:
        log.metrics({"loss": 1.0})
        server.start()
    assert (client.get_run(log.run_id).info.status, spooled(project)) == ("FINISHED", [])


@pytest.mark.slow
def test_a_server_that_never_answers_costs_seconds(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_server() as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        took = seconds_of_a_run("silent")
    [waiting] = spooled(project)
    waiting.unlink()
    assert took < _PATIENCE_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize(("status", "healthy"), [(503, False), (500, True), (403, True), (404, True), (401, False)])
def test_a_server_of_errors_costs_seconds(
    project: Path, monkeypatch: pytest.MonkeyPatch, status: int, healthy: bool
) -> None:
    with failing_server(status=status, healthy=healthy) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        took = seconds_of_a_run("errors")
    [waiting] = spooled(project)
    waiting.unlink()
    assert took < _PATIENCE_SECONDS
