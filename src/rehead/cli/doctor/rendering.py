"""Findings as lines with ticks and crosses."""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from rehead.cli.doctor.finding import Finding

_MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skipped": "?"}
_PLAIN_MARKS = {"ok": "ok", "warn": "!!", "fail": "XX", "skipped": "??"}
_INDENT = 15


def lines_of(finding: Finding, *, width: int | None = None, encoding: str = "utf-8") -> Iterator[str]:
    """Write a finding: its mark and what was measured, what belongs below, and the cure; wrapped to a width if given.

    Marks that the encoding has no letters for are replaced.
    """
    marks = _MARKS if _writes("".join(_MARKS.values()), encoding) else _PLAIN_MARKS
    yield from _wrapped(f"{marks[finding.state]:2} {finding.name:12}{finding.told}", width)
    yield from (" " * _INDENT + line for line in finding.lines)
    if finding.cure:
        yield from _wrapped(f"{'':{_INDENT}}cure: {finding.cure}", width)


def summary_of(findings: Sequence[Finding], *, seconds: float) -> str:
    """Say in one line how it went."""
    counts = {state: sum(finding.state == state for finding in findings) for state in _MARKS}
    parts = [f"{counts[state]} {word}" for state, word in _WORDS if counts[state]]
    return f"{', '.join(parts) or 'all is well'}, in {seconds:.0f} s"


_WORDS = (("fail", "failed"), ("skipped", "not finished"), ("warn", "worth a look"), ("ok", "well"))


def terminal_width() -> int | None:
    """Give the width of the terminal; None where standard output is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _wrapped(text: str, width: int | None) -> list[str]:
    if width is None:
        return [text]
    return textwrap.wrap(text, max(width, 2 * _INDENT), subsequent_indent=" " * _INDENT) or [text]


def _writes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
