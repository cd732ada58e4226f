"""What a scheduler's signals do to a cycle."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rehead.retraining.receipt import Outcome, read_receipts

SLEEPY = "stages:\n  ingest:\n    cmd: touch started; sleep 60\n    outs: [started]\n"


def wait_for(pattern: str, *, below: Path, seconds: float = 60.0) -> Path:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        found = next(below.rglob(pattern), None)
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(f"no {pattern} below {below} after {seconds} s")


@pytest.mark.slow
def test_a_terminated_cycle_ends_its_stage_and_removes_its_checkout_and_leaves_a_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".gitignore").write_text("*\n!.gitignore\n")
    (tmp_path / "dvc.yaml").write_text(SLEEPY)
    (tmp_path / "params.yaml").write_text("retrain: {minutes: 5}\n")
    for command in (["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"], ["git", "add", "."]):
        subprocess.run(command, cwd=tmp_path, check=True)
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "first"], cwd=tmp_path, check=True
    )

    cycle = subprocess.Popen([sys.executable, "-c", "from rehead.cli.app import main; main()", "retrain"], cwd=tmp_path)
    work = tmp_path / "data" / "retraining" / "work"
    wait_for("started", below=tmp_path / "data")
    cycle.send_signal(signal.SIGTERM)
    assert (cycle.wait(timeout=60), work.exists()) == (143, False)
    [receipt] = read_receipts(tmp_path / "data" / "retraining")
    assert (receipt.outcome, receipt.because) == (Outcome.FAILED, "ended from outside: SystemExit(143)")
