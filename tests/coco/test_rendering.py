"""A report on a terminal is a table, elsewhere one line a fault; neither lets a file's bytes command the terminal."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rehead.coco.checking import CheckReport, report_on
from rehead.coco.faults import FaultLog
from rehead.coco.rendering import print_faults

Document = dict[str, Any]


def _shown(report: CheckReport, *, terminal: bool, width: int = 300) -> str:
    stream = io.StringIO()
    print_faults(report, Console(file=stream, force_terminal=terminal, width=width))
    return stream.getvalue()


def _plain(shown: str) -> str:
    """Take colours away, as a terminal does."""
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


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


def _many() -> CheckReport:
    """A warning, a repair and a refusal, found in that order, with hostile texts."""
    log = FaultLog()
    log.add("category-unused", Path("x.json"), "categories", "unused: \x1b[2J\u202etxt\nnew line")
    for n in range(25):
        log.add("area-mismatch", Path("x.json"), f"annotations[{n}].area", "differs from the mask", value=n)
    log.add("bbox-type", Path("a\x07.json"), "annotations[3].bbox", "no box", value=["word " * 9] * 9)
    return report_on("x.json", {}, log)


@pytest.mark.parametrize("terminal", [True, False])
def test_the_most_severe_kind_comes_first(terminal: bool) -> None:
    shown = _shown(_many(), terminal=terminal)
    assert shown.index("bbox-type") < shown.index("area-mismatch") < shown.index("category-unused")


def test_on_a_terminal_a_cure_and_a_file_stand_once_for_a_kind() -> None:
    shown = _plain(_shown(_many(), terminal=True))
    assert [shown.count(cure) for cure in ("write bbox as four", "compute the area from")] == [1, 1]
    assert "area-mismatch  x25" in shown
    assert shown.index("... and 5 more of area-mismatch") < shown.index("category-unused")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_table_is_wider_than_the_terminal(width: int) -> None:
    shown = _plain(_shown(_many(), terminal=True, width=width))
    assert max(map(len, shown.splitlines()[:-1])) <= width


@pytest.mark.parametrize("terminal", [True, False])
def test_no_text_of_a_file_commands_the_terminal(terminal: bool) -> None:
    assert all(c.isprintable() or c == "\n" for c in _plain(_shown(_many(), terminal=terminal)))


def test_without_colours_the_table_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = _shown(_many(), terminal=True)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", shown)
    assert "where" in shown


def test_the_verdict_counts_what_is_done_about_the_faults() -> None:
    shown = _shown(_many(), terminal=False)
    assert "27 fault(s): 1 reject, 25 repair, 1 warn" in shown.splitlines()[-1]
