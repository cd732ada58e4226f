"""How fast, and in how much memory, annotations are checked without a look at pixels: 250,000 and 1,000,000 of them.

What counts is processor time: checking is one process, and others may use the machine meanwhile.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rehead.files import write_json
from tests.bench.drawing import write_large_file

REPORT = Path("reports/bench/annotations.json")
QUARTER, WHOLE = 250_000, 1_000_000
_NOISE = 1.4
"""What a busy neighbour on the same core makes of processor time; growth that is not linear would show as 4 or more."""
pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]


def _checked(path: Path, annotations: int, *, faulty: bool = False) -> dict[str, Any]:
    """Draw a file, have a process of its own check it, and say what that took."""
    write_large_file(path, annotations, faulty=faulty)
    command = [sys.executable, "-c", "from rehead.cli.app import main; main()", "check", str(path)]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert f"{annotations} annotations" in told
    seconds = used.ru_utime + used.ru_stime
    return {
        "annotations": annotations,
        "megabytes": path.stat().st_size // 1_000_000,
        "processor_seconds": round(seconds, 1),
        "wall_seconds": round(time.perf_counter() - started, 1),
        "annotations_per_processor_second": round(annotations / seconds),
        "peak_gib": round(used.ru_maxrss / 2**20, 2),
    }


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    file = tmp_path_factory.mktemp("large") / "annotations.json"
    found = {
        "quarter": _checked(file, QUARTER),
        "whole": _checked(file, WHOLE),
        "whole_without_areas": _checked(file, WHOLE, faulty=True),
    }
    file.unlink()
    write_json(REPORT, found)
    return found


def test_a_million_annotations_are_checked_in_90_seconds(figures: dict[str, dict[str, Any]]) -> None:
    assert figures["whole"]["processor_seconds"] < 90


def test_a_million_annotations_are_checked_in_4_gib(figures: dict[str, dict[str, Any]]) -> None:
    assert figures["whole"]["peak_gib"] < 4


@pytest.mark.parametrize("what", ["processor_seconds", "peak_gib"])
def test_four_times_the_annotations_take_four_times_as_much(figures: dict[str, dict[str, Any]], what: str) -> None:
    assert figures["whole"][what] / figures["quarter"][what] < 4 * _NOISE


@pytest.mark.parametrize("what", ["processor_seconds", "peak_gib"])
def test_a_fault_in_each_annotation_costs_little(figures: dict[str, dict[str, Any]], what: str) -> None:
    assert figures["whole_without_areas"][what] / figures["whole"][what] < _NOISE
