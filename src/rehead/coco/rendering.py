"""A check report for people: colour tables on a terminal, a kind of fault each, and one line a fault elsewhere."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rehead.coco.checking import CheckReport
from rehead.coco.faults import Fault

_COLOURS = {"reject": "bold red", "drop": "magenta", "repair": "yellow", "warn": "cyan"}
_SEVERITY = tuple(_COLOURS)
_VALUE_COLUMNS = 24
"""Characters of a value's column: longer ones are folded, and the reason keeps its room on a narrow terminal."""


def print_faults(report: CheckReport, console: Console | None = None) -> None:
    """Print the faults by kind, the most severe first, then the count of each action and the verdict."""
    console = console or Console(highlight=False)
    if console.is_terminal:
        for faults in _kinds(report):
            _print_kind(faults, _left_out(report, faults), console)
    else:
        for line in lines_of(report)[:-1]:
            console.print(Text(line), soft_wrap=True)
    console.print(Text(verdict(report), style="bold green" if report.usable else "bold red"), soft_wrap=True)


def lines_of(report: CheckReport) -> list[str]:
    """Write a report as plain lines: the faults by kind, the counts of those left out, the verdict."""
    lines: list[str] = []
    for faults in _kinds(report):
        lines += map(_line, faults)
        lines += _more(faults, _left_out(report, faults))
    return [*lines, verdict(report)]


def verdict(report: CheckReport) -> str:
    """Say in one line whether the dataset can be used, and what it holds."""
    held = "; ".join(f"{n}: {s['images']} images, {s['annotations']} annotations" for n, s in report.splits.items())
    total = sum(report.fault_counts.values())
    word = "usable" if report.usable else "rejected"
    if report.content_hash:
        held += f"; content hash of the image files {report.content_hash[:16]}"
    return f"{report.target}: {word}, {total} fault(s){_by_action(report)}{f' ({held})' if held else ''}"


def _kinds(report: CheckReport) -> Iterator[list[Fault]]:
    """Group the faults by kind, the most severe action first, kinds and faults in the order they were found."""
    first = {fault.code: place for place, fault in reversed(list(enumerate(report.faults)))}
    ordered = sorted(report.faults, key=lambda fault: (_SEVERITY.index(fault.action), first[fault.code]))
    for _, faults in groupby(ordered, key=lambda fault: fault.code):
        yield list(faults)


def _print_kind(faults: list[Fault], left_out: int, console: Console) -> None:
    """Print one kind: what it is, its cure, and a table of its faults under each file."""
    colour, kind = _COLOURS[faults[0].action], faults[0]
    console.print(Text.assemble((f"{kind.action} {kind.code}", colour), f"  x{len(faults) + left_out}"))
    console.print(Padding(Text(f"cure: {kind.fix}", style="green"), (0, 0, 0, 2)))
    for file, its in groupby(faults, key=lambda fault: fault.file):
        console.print(Padding(Text(file, style="dim", overflow="fold"), (0, 0, 0, 2)))
        console.print(Padding(_table(list(its)), (0, 0, 0, 2)))
    for line in _more(faults, left_out):
        console.print(Padding(Text(line, style="dim"), (0, 0, 0, 2)))
    console.print()


def _table(faults: list[Fault]) -> Table:
    """Lay out place, value and reason; a column with nothing in it is left out."""
    columns = {
        "where": [fault.where for fault in faults],
        "value": [fault.value for fault in faults],
        "reason": [fault.message for fault in faults],
    }
    filled = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="dim")
    for name in filled:
        table.add_column(name, overflow="fold", max_width=_VALUE_COLUMNS if name == "value" else None)
    for row in zip(*filled.values(), strict=True):
        table.add_row(*map(Text, row))
    return table


def _line(fault: Fault) -> str:
    value = f", got {fault.value}" if fault.value else ""
    where = f" {fault.where}" if fault.where else ""
    return f"{fault.action} {fault.code}: {fault.file}{where}: {fault.message}{value}. Cure: {fault.fix}"


def _left_out(report: CheckReport, faults: list[Fault]) -> int:
    """Count the faults of a kind beyond those listed."""
    return report.fault_counts[faults[0].code] - len(faults)


def _more(faults: list[Fault], left_out: int) -> list[str]:
    return [f"... and {left_out} more of {faults[0].code}"] if left_out else []


def _by_action(report: CheckReport) -> str:
    """Count faults by what is done about them."""
    actions = {fault.code: fault.action for fault in report.faults}
    counts: Counter[str] = Counter()
    for code, count in report.fault_counts.items():
        counts[actions[code]] += count
    told = ", ".join(f"{counts[action]} {action}" for action in _SEVERITY if counts[action])
    return f": {told}" if told else ""
