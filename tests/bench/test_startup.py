"""How long the command takes before it does anything."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from rehead.files import write_json

REPORT = Path("reports/bench/startup.json")


@pytest.mark.bench
def test_the_checker_starts_within_a_second_and_a_half(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from rehead.cli.app import main; main()", "check", str(tmp_path / "absent.json")]
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(command, capture_output=True)
        seconds.append(time.perf_counter() - started)
    write_json(REPORT, {"check": {"best_seconds": min(seconds), "median_seconds": sorted(seconds)[2]}})
    assert min(seconds) < 1.5
