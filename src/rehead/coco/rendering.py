"""A check report for people: a colour table on a terminal, one line a fault elsewhere."""

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rehead.coco.checking import CheckReport
from rehead.coco.faults import Fault

_COLOURS = {"reject": "bold red", "drop": "magenta", "repair": "yellow", "warn": "cyan"}


def print_faults(report: CheckReport, console: Console | None = None) -> None:
    """Print the faults, the count of those left out, and the verdict."""
    console = console or Console()
    if console.is_terminal and report.faults:
        console.print(_table(report.faults))
        told = _tail(report)
    else:
        told = lines_of(report)
    for line in told[:-1]:
        console.print(Text(line), soft_wrap=True)
    console.print(Text(told[-1], style="bold green" if report.usable else "bold red"), soft_wrap=True)


def lines_of(report: CheckReport) -> list[str]:
    """Write a report as plain lines: the faults, the counts of those left out, the verdict."""
    return [*map(_line, report.faults), *_tail(report)]


def verdict(report: CheckReport) -> str:
    """Say in one line whether the dataset can be used, and what it holds."""
    held = "; ".join(f"{n}: {s['images']} images, {s['annotations']} annotations" for n, s in report.splits.items())
    total = sum(report.fault_counts.values())
    word = "usable" if report.usable else "rejected"
    if report.content_hash:
        held += f"; content hash of the image files {report.content_hash[:16]}"
    return f"{report.target}: {word}, {total} fault(s){f' ({held})' if held else ''}"


def _tail(report: CheckReport) -> list[str]:
    return [*(f"... and {count} more of {code}" for code, count in _left_out(report).items()), verdict(report)]


def _line(fault: Fault) -> str:
    value = f", got {fault.value}" if fault.value else ""
    where = f" {fault.where}" if fault.where else ""
    return f"{fault.action} {fault.code}: {_shown(fault.file)}{where}: {fault.message}{value}. Cure: {fault.fix}"


def _table(faults: tuple[Fault, ...]) -> Table:
    table = Table("action", "kind", "where", "what", "cure", show_lines=False)
    for fault in faults:
        what = f"{fault.message}, got {fault.value}" if fault.value else fault.message
        where = f"{_shown(fault.file)} {fault.where}"
        cells = (fault.code, where, what, fault.fix)
        table.add_row(Text(fault.action, style=_COLOURS[fault.action]), *map(Text, cells))
    return table


def _left_out(report: CheckReport) -> dict[str, int]:
    """Count, by kind, the faults beyond those listed."""
    listed = Counter(fault.code for fault in report.faults)
    return {code: count - listed[code] for code, count in report.fault_counts.items() if count > listed[code]}


def _shown(path: str) -> str:
    return path if path.isprintable() else ascii(path)
