"""How far a long loop has come: a bar with rate and remaining time on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

T = TypeVar("T")
_QUIET_SECONDS = 1.0
_LINE_SECONDS = 10.0


class _Rate(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.0f}/s")


def followed(items: Iterable[T], *, total: int, what: str) -> Iterator[T]:
    """Yield the items; say on stderr how far they have come once a second has passed."""
    console = Console(stderr=True)
    live = console.is_terminal
    began = time.monotonic()
    bar: Progress | None = None
    told = began + _QUIET_SECONDS - _LINE_SECONDS
    try:
        for done, item in enumerate(items):
            now = time.monotonic()
            if live and now - began > _QUIET_SECONDS:
                bar = bar or _started(console, what, total)
                bar.update(bar.task_ids[0], completed=done)
            elif not live and now - told > _LINE_SECONDS:
                told = now
                rate = done / (now - began)
                left = f", {(total - done) / rate:.0f} s left" if rate else ""
                print(f"{what}: {done} of {total}, {rate:.0f}/s{left}", file=sys.stderr, flush=True)
            yield item
    finally:
        if bar is not None:
            bar.stop()


def _started(console: Console, what: str, total: int) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True)
    bar.add_task(what, total=total)
    bar.start()
    return bar
