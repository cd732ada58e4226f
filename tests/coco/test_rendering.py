"""A report on a terminal is a table, elsewhere one line a fault; neither lets a file's bytes command the terminal."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rehead.coco.checking import CheckReport, report_on
from rehead.coco.faults import FaultLog
from rehead.coco.rendering import print_faults

Document = dict[str, Any]


def _shown(report: CheckReport, *, terminal: bool) -> str:
    stream = io.StringIO()
    print_faults(report, Console(file=stream, force_terminal=terminal, width=300))
    return stream.getvalue()


@pytest.fixture
def report(read: Any, document: Document) -> CheckReport:
    document["annotations"][0]["bbox"] = [1, 2, 3]
    document["images"][1]["file_name"] = "\x1b[2Jred.png"
    data, log = read(document)
    return report_on("x.json", {"all": data}, log)


@pytest.mark.parametrize("terminal", [True, False])
def test_place_reason_and_cure_are_shown(report: CheckReport, terminal: bool) -> None:
    shown = _shown(report, terminal=terminal)
    assert all(text in shown for text in ("annotations[0].bbox", "bbox is not four numbers", "write bbox as four"))


def test_without_a_terminal_no_line_is_broken_and_nothing_coloured(report: CheckReport) -> None:
    shown = _shown(report, terminal=False)
    assert len(shown.splitlines()) == len(report.faults) + 1
    assert "\x1b" not in shown


def test_faults_beyond_the_first_twenty_are_counted() -> None:
    log = FaultLog()
    for n in range(50):
        log.add("area-mismatch", Path("x.json"), f"annotations[{n}].area", "differs")
    assert "... and 30 more of area-mismatch" in _shown(report_on("x.json", {}, log), terminal=False)


@pytest.mark.parametrize(("code", "word"), [("area-mismatch", "usable"), ("bbox-type", "rejected")])
def test_the_last_line_is_the_verdict(code: str, word: str) -> None:
    log = FaultLog()
    log.add(code, Path("x.json"), "", "wrong")
    assert word in _shown(report_on("x.json", {}, log), terminal=False).splitlines()[-1]
