"""Progress of long work: a bar with rate and remaining time on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

T = TypeVar("T")
_QUIET_SECONDS = 1.0
_LINE_SECONDS = 10.0
_DRAW_SECONDS = 0.1
"""A bar told of each unit would cost a million of them ten seconds."""


class _Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.1f}/s")


class Bar:
    """Counts done units of one piece of work and shows them; work that is over within a second shows nothing."""

    def __init__(self, label: str, total: int, console: Console, *, done: int = 0) -> None:
        """Start at `done` of `total`; what was done before counts for nothing in the rate."""
        self._label, self._total, self._console = label, total, console
        self.done = done
        """Units that are done."""
        # Both look into the environment each time. A dumb terminal cannot draw over a line, and would be shown nothing.
        self._live = console.is_terminal and not console.is_dumb_terminal
        self._before = done
        self._display: Progress | None = None
        self._drawn = -_DRAW_SECONDS
        self._began = time.monotonic()
        self._told = self._began + _QUIET_SECONDS - _LINE_SECONDS

    def advance(self, note: str = "", *, units: int = 1) -> None:
        """Count `units` more; `note` is what to show beside the bar, such as the loss."""
        self.done += units
        now = time.monotonic()
        if self._live and now - self._began >= _QUIET_SECONDS and now - self._drawn >= _DRAW_SECONDS:
            self._drawn = now
            self._display = self._display or self._started()
            self._display.update(self._display.task_ids[0], completed=self.done, note=note)
        elif not self._live and now - self._told >= _LINE_SECONDS:
            self._told = now
            rate = (self.done - self._before) / (now - self._began)
            left = (self._total - self.done) / rate
            text = f"{self._label}: {self.done} of {self._total}, {rate:.1f}/s, {left:.0f} s left {note}"
            print(text.rstrip(), file=sys.stderr, flush=True)

    def expect(self, total: int) -> None:
        """Let the work end with `total` units, where it turns out to be less or more than was thought."""
        if total != self._total:
            self._total = total
            if self._display is not None:
                self._display.update(self._display.task_ids[0], total=total)

    def line(self, text: str) -> None:
        """Print a line that stays, above the bar."""
        if self._display is not None:
            self._display.console.print(text, highlight=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def stop(self) -> None:
        """Take the bar away."""
        if self._display is not None:
            self._display.stop()

    def _started(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        display = Progress(*columns, TextColumn("{task.fields[note]}"), console=self._console, transient=True)
        display.add_task(self._label, total=self._total, completed=self._before, note="")
        display.start()
        return display


@contextmanager
def progress(label: str, total: int, *, done: int = 0) -> Iterator[Bar]:
    """Show the progress of `total` units of work on standard error."""
    bar = Bar(label, total, Console(stderr=True), done=done)
    try:
        yield bar
    finally:
        bar.stop()


def followed(items: Iterable[T], *, total: int, what: str) -> Iterator[T]:
    """Yield the items, and show how many of them are done."""
    with progress(what, total) as bar:
        for item in items:
            yield item
            bar.advance()
