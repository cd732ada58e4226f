"""Progress of long work: a bar with rate and remaining time on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_PLAIN_SECONDS = 10.0


class Bar:
    """Counts done units of one piece of work and shows them."""

    def __init__(self, label: str, total: int, *, rich_progress: Progress | None) -> None:
        """Start at zero of `total`."""
        self._label, self._total, self._done = label, total, 0
        self._rich = rich_progress
        self._task: TaskID | None = rich_progress.add_task(label, total=total, note="") if rich_progress else None
        self._start = self._shown = time.monotonic()

    def advance(self, note: str = "", *, units: int = 1) -> None:
        """Count `units` more; `note` is what to show beside the bar, such as the loss."""
        self._done += units
        if self._rich is not None and self._task is not None:
            self._rich.update(self._task, advance=units, note=note)
        elif time.monotonic() - self._shown >= _PLAIN_SECONDS:
            self._shown = time.monotonic()
            rate = self._done / (self._shown - self._start)
            left = (self._total - self._done) / rate
            print(f"{self._label}: {self._done}/{self._total}, {rate:.1f}/s, {left:.0f} s left {note}".rstrip(), file=sys.stderr, flush=True)

    def line(self, text: str) -> None:
        """Print a line that stays, above the bar."""
        if self._rich is not None:
            self._rich.console.print(text, highlight=False)
        else:
            print(text, file=sys.stderr, flush=True)


@contextmanager
def progress(label: str, total: int) -> Iterator[Bar]:
    """Show the progress of `total` units of work on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Bar(label, total, rich_progress=None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[note]}"), console=console) as shown:
        yield Bar(label, total, rich_progress=shown)
