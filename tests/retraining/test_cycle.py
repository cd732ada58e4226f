"""A cycle ends in a receipt that a scheduler can act on, whatever happens on the way."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rehead.files import held_lock
from rehead.retraining.cycle import AlreadyRunning, Cycle
from rehead.retraining.receipt import Outcome, read_receipts

INGEST = """
import json, pathlib, sys
images = len(list(pathlib.Path("data/raw").iterdir()))
faults = [{"code": "E100", "action": "reject", "message": "no images"}] if not images else []
for folder in ("data/dataset", "reports"):
    pathlib.Path(folder).mkdir(exist_ok=True)
pathlib.Path("reports/ingest.json").write_text(json.dumps({"faults": faults}))
if faults:
    sys.exit(65)
splits = {"train": {"images": images, "fingerprint": str(images)}}
pathlib.Path("data/dataset/manifest.json").write_text(json.dumps({"splits": splits}))
"""
REGISTER = """
import json, pathlib
receipt = {"name": "toy", "version": "1", "promoted": True, "because": "there is no champion yet"}
pathlib.Path("reports/registration.json").write_text(json.dumps(receipt))
"""
PIPELINE = """
stages:
  ingest:
    cmd: python ingest.py
    deps: [ingest.py, data/raw]
    outs: [data/dataset]
    metrics: [reports/ingest.json: {cache: false}]
  register:
    cmd: python register.py
    deps: [register.py, data/dataset]
    outs: [reports/registration.json: {cache: false}]
"""
# Stands in for DVC where only the cycle around it is tested: runs the scripts in turn, answers the rest with nothing.
RUNNER = """
import runpy, sys
if sys.argv[1] == "repro":
    runpy.run_path("ingest.py")
    if sys.argv[2:] != ["ingest"]:
        runpy.run_path("register.py")
"""


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments], cwd=folder, check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "data" / "raw").mkdir(parents=True)
    (folder / "data" / "raw" / "one.png").touch()
    (folder / "data" / ".gitignore").write_text("*\n!.gitignore\n")
    (folder / "ingest.py").write_text(INGEST)
    (folder / "register.py").write_text(REGISTER)
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "params.yaml").write_text("retrain: {minutes: 5}\n")
    git(folder, "init", "-q")
    commit(folder)
    return folder


@pytest.fixture
def cycle(repository: Path) -> Cycle:
    runner = repository.parent / "runner.py"
    runner.write_text(RUNNER)
    return Cycle(repository=repository, tracking_uri="sqlite:////nowhere/mlflow.db", dvc=(sys.executable, str(runner)))


def commit(repository: Path, **files: str) -> None:
    for name, text in files.items():
        (repository / f"{name}.py").write_text(text)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "change")


def test_a_cycle_tells_what_the_registration_decided(cycle: Cycle) -> None:
    receipt = cycle.run()
    assert (receipt.outcome, receipt.because) == (Outcome.PROMOTED, "there is no champion yet")


def test_the_receipt_is_on_disk_with_its_exit_code(cycle: Cycle, repository: Path) -> None:
    cycle.run()
    written = json.loads((repository / "data" / "retraining" / "000001.json").read_text())
    assert (written["number"], written["outcome"], written["exit_code"]) == (1, "promoted", 0)


def test_reports_outlive_the_checkout(cycle: Cycle, repository: Path) -> None:
    cycle.run()
    assert {path.name for path in (repository / "data" / "retraining").glob("*")} == {
        "000001", "000001.json", "000001.log", "cycle.lock",
    }  # fmt: skip


def test_a_second_cycle_on_the_same_state_trains_nothing(cycle: Cycle) -> None:
    cycle.run()
    assert cycle.run().outcome is Outcome.UNCHANGED


def test_force_trains_all_the_same(cycle: Cycle) -> None:
    cycle.run()
    forced = Cycle(repository=cycle.repository, tracking_uri=cycle.tracking_uri, dvc=cycle.dvc, force=True)
    assert forced.run().outcome is Outcome.PROMOTED


def test_new_data_train_again(cycle: Cycle, repository: Path) -> None:
    cycle.run()
    (repository / "data" / "raw" / "two.png").touch()
    assert cycle.run().outcome is Outcome.PROMOTED


def test_a_source_that_dvc_does_not_look_at_ends_the_cycle_with_the_cure(cycle: Cycle, repository: Path) -> None:
    (repository / "params.yaml").write_text("retrain: {minutes: 5}\ndata: {source: data/unlisted}\n")
    commit(repository)
    receipt = cycle.run()
    assert (receipt.outcome, "`rehead init data/unlisted`" in receipt.because) == (Outcome.FAILED, True)


def test_images_beside_a_file_outside_the_repository_are_in_reach(cycle: Cycle, repository: Path) -> None:
    (repository.parent / "pictures").mkdir()
    for name in ("all.json", "one.png"):
        (repository.parent / "pictures" / name).touch()
    (repository / "params.yaml").write_text("data: {source: ../pictures/all.json}\n")
    (repository / "dvc.yaml").write_text(PIPELINE.replace("data/raw", "'${data.source}', ../pictures"))
    commit(repository, ingest=INGEST.replace("data/raw", "../pictures"))
    receipt = cycle.run()
    assert receipt.dataset is not None, receipt.because
    assert receipt.dataset.images == 2


def test_rejected_data_are_told_from_failures(cycle: Cycle, repository: Path) -> None:
    (repository / "data" / "raw" / "one.png").unlink()
    receipt = cycle.run()
    assert (receipt.outcome.exit_code, receipt.because) == (
        65,
        "ingest rejected the data, 1 fault(s), first E100: no images",
    )


def test_a_crash_after_ingest_is_a_failure_that_names_the_log(cycle: Cycle, repository: Path) -> None:
    commit(repository, register="raise SystemExit(9)\n")
    receipt = cycle.run()
    assert receipt.outcome is Outcome.FAILED
    assert "data/retraining/000001.log" in receipt.because


def test_a_cycle_past_its_minutes_is_ended(cycle: Cycle, repository: Path) -> None:
    (repository / "params.yaml").write_text("retrain: {minutes: 0.02}\n")
    commit(repository, register="import time; time.sleep(60)\n")
    started = time.monotonic()
    receipt = cycle.run()
    assert (receipt.outcome.exit_code, time.monotonic() - started < 30) == (124, True)


def test_a_mistake_in_params_is_a_receipt_too(cycle: Cycle, repository: Path) -> None:
    (repository / "params.yaml").write_text("retrain: {minuets: 5}\n")
    commit(repository)
    assert "did you mean 'minutes'?" in cycle.run().because


def test_an_error_that_nobody_foresaw_is_a_receipt_with_its_traceback_in_the_log(
    cycle: Cycle, repository: Path
) -> None:
    commit(repository, register="")
    receipt = cycle.run()
    assert (receipt.outcome, "FileNotFoundError" in receipt.because) == (Outcome.FAILED, True)
    assert "Traceback" in (repository / receipt.log).read_text()


def test_a_second_cycle_beside_the_first_is_refused(cycle: Cycle) -> None:
    with held_lock(cycle.folder / "cycle.lock", what="a test"), pytest.raises(AlreadyRunning, match="running already"):
        cycle.run()


@pytest.mark.slow
def test_after_three_failures_it_waits_for_a_change(cycle: Cycle, repository: Path) -> None:
    commit(repository, register="raise SystemExit(9)\n")
    assert [cycle.run().outcome for _ in range(4)] == [Outcome.FAILED] * 3 + [Outcome.UNCHANGED]


@pytest.mark.slow
def test_a_cycle_through_dvc_itself(cycle: Cycle, repository: Path) -> None:
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q"], cwd=repository, check=True)
    commit(repository)
    through_dvc = Cycle(repository=repository, tracking_uri=cycle.tracking_uri)
    outcomes = [through_dvc.run().outcome, through_dvc.run().outcome]
    (repository / "data" / "raw" / "one.png").unlink()
    outcomes.append(through_dvc.run().outcome)
    assert outcomes == [Outcome.PROMOTED, Outcome.UNCHANGED, Outcome.REJECTED]
    assert [receipt.number for receipt in read_receipts(through_dvc.folder)] == [1, 2, 3]
