"""Runs in a real local store."""

from pathlib import Path
from typing import Any

import pytest

from rehead.tracking.run import tracked_run


class TrialPruned(Exception):
    """Stands for Optuna's exception, which tracking knows by name."""


def run_id_left_by(error: BaseException) -> str:
    """Leave a run by an error; returns its id."""
    kept = ""
    with pytest.raises(type(error)), tracked_run("left") as log:  # noqa: PT012
        kept = str(log.run_id)
        raise error
    return kept


def test_a_run_keeps_its_metrics_by_step(client: Any) -> None:
    with tracked_run("steps") as log:
        log.metrics({"loss": 2.0}, step=0)
        log.series([("loss", 1.0, 1), ("loss", 0.5, 2)])
    history = client.get_metric_history(log.run_id, "loss")
    assert sorted((point.step, point.value) for point in history) == [(0, 2.0), (1, 1.0), (2, 0.5)]


def test_a_run_keeps_nested_parameters_under_dotted_names(client: Any) -> None:
    with tracked_run("params", params={"train": {"lr": 0.001, "freeze": "backbone"}}) as log:
        pass
    assert client.get_run(log.run_id).data.params == {"train.lr": "0.001", "train.freeze": "backbone"}


def test_a_run_that_ends_well_is_finished(client: Any) -> None:
    with tracked_run("well") as log:
        pass
    assert client.get_run(log.run_id).info.status == "FINISHED"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("no"), "FAILED"),
        (SystemExit(143), "KILLED"),
        (KeyboardInterrupt(), "KILLED"),
        (SystemExit(1), "FAILED"),
        (SystemExit(0), "FINISHED"),
        (TrialPruned(), "FINISHED"),
    ],
)
def test_the_way_out_decides_the_status(client: Any, error: BaseException, status: str) -> None:
    assert client.get_run(run_id_left_by(error)).info.status == status


def test_a_pruned_trial_is_tagged(client: Any) -> None:
    assert client.get_run(run_id_left_by(TrialPruned())).data.tags["pruned"] == "true"


def test_a_failed_run_says_why(client: Any) -> None:
    tags = client.get_run(run_id_left_by(RuntimeError("loss is nan"))).data.tags
    assert tags["failure"] == "RuntimeError: loss is nan"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_metric_that_is_not_finite_is_refused(project: Path, value: float) -> None:
    with pytest.raises(ValueError, match=r"metric mask_AP is .* at step 3"), tracked_run("bad") as log:
        log.metrics({"mask_AP": value}, step=3)


def test_a_parameter_may_not_change_within_a_run(project: Path) -> None:
    with pytest.raises(ValueError, match="lr"), tracked_run("changed", params={"lr": 1}) as log:
        log.params({"lr": 2})


def test_names_outside_the_alphabet_of_the_store_are_adapted(client: Any) -> None:
    with tracked_run("names") as log:
        log.metrics({"mask_AP/café (large)": 0.5})
    assert client.get_run(log.run_id).data.metrics == {"mask_AP/café _large_": 0.5}


def test_more_parameters_than_a_request_may_hold_arrive(client: Any) -> None:
    with tracked_run("many", params={f"p{i}": i for i in range(230)}) as log:
        pass
    assert len(client.get_run(log.run_id).data.params) == 230


def test_artifacts_lie_below_the_data_folder(project: Path, client: Any, tmp_path: Path) -> None:
    (tmp_path / "figure.txt").write_text("drawn")
    with tracked_run("artifact") as log:
        log.artifact(tmp_path / "figure.txt", "figures")
    found = [path.read_text() for path in (project / "data" / "mlartifacts").rglob("figure.txt")]
    assert found == ["drawn"]
    assert [item.path for item in client.list_artifacts(log.run_id, "figures")] == ["figures/figure.txt"]


def test_a_missing_artifact_is_an_error(project: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.png"), tracked_run("artifact") as log:
        log.artifact(tmp_path / "absent.png")


def test_a_run_lists_the_splits_that_its_numbers_are_about(project: Path, client: Any) -> None:
    with tracked_run("data") as log:
        for split in ("val", "test", "test"):
            log.dataset(split, "5f" * 32, source=project / "data" / "dataset")
    inputs = client.get_run(log.run_id).inputs.dataset_inputs
    found = {one.dataset.name: (one.dataset.digest, one.tags[0].value) for one in inputs}
    assert (len(inputs), found) == (2, {"val": ("5f" * 18, "val"), "test": ("5f" * 18, "test")})


def test_a_resumed_run_goes_on(client: Any) -> None:
    first = run_id_left_by(SystemExit(143))
    with tracked_run("resumed", run_id=first) as log:
        assert client.get_run(first).info.status == "RUNNING"
        log.metrics({"loss": 1.0}, step=5)
    assert (log.run_id, client.get_run(first).info.status) == (first, "FINISHED")


@pytest.mark.parametrize("unknown", ["0" * 32, "not an id"])
def test_resuming_an_unknown_run_begins_a_new_one(client: Any, unknown: str) -> None:
    with tracked_run("new", run_id=unknown) as log:
        pass
    assert log.run_id not in (None, unknown)


def test_a_child_run_names_its_parent(client: Any) -> None:
    with tracked_run("parent") as parent, tracked_run("child", parent_run_id=parent.run_id) as child:
        pass
    assert client.get_run(child.run_id).data.tags["mlflow.parentRunId"] == parent.run_id


def test_a_run_left_open_by_a_killed_process_is_ended_by_the_next(client: Any) -> None:
    with tracked_run("killed") as log:
        pass
    machine_and_pid, _, started = client.get_run(log.run_id).data.tags["rehead.process"].rpartition(" ")
    client.set_tag(log.run_id, "rehead.process", f"{machine_and_pid} {int(started) - 1000}")
    client.update_run(log.run_id, status="RUNNING")
    with tracked_run("next"):
        pass
    assert client.get_run(log.run_id).info.status == "KILLED"


def test_a_run_of_a_live_process_is_left_open(client: Any) -> None:
    with tracked_run("outer") as outer, tracked_run("inner"):
        assert client.get_run(outer.run_id).info.status == "RUNNING"
