"""The scores of a results file for people."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rehead.cli.scoring import ScoredFiles
from rehead.evaluation.coco_map import HEADS, METRICS

_MOST_CLASSES = 30
_NAMED = 6


def print_scores(scored: ScoredFiles, console: Console | None = None) -> None:
    """Print the twelve numbers of each head, those of each class, why some are undefined, and what they are about."""
    console = console or Console(highlight=False)
    console.print(_numbers(scored))
    if 1 < len(scored.classes) <= _MOST_CLASSES:
        console.print(_classes(scored))
    elif len(scored.classes) > _MOST_CLASSES:
        console.print(f"{len(scored.classes)} classes: --json gives the numbers of each")
    for line in [*_undefined(scored), _subject(scored)]:
        console.print(Text(line), soft_wrap=True)


def _numbers(scored: ScoredFiles) -> Table:
    table = _table("", *HEADS)
    for name in METRICS:
        table.add_row(name, *(_shown(getattr(scored.scores, head)[name]) for head in HEADS))
    return table


def _classes(scored: ScoredFiles) -> Table:
    table = _table("class", "objects", *(f"{head} AP" for head in HEADS))
    for name, row in scored.scores.per_class.items():
        table.add_row(Text(name), str(row["annotations"]), *(_shown(row.get(f"{head}_AP")) for head in HEADS))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right")
    return table


def _undefined(scored: ScoredFiles) -> list[str]:
    """Name the numbers without a value by the reason that they share; those of classes are told by --json alone."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in scored.undefined.items():
        if name.startswith("classes."):
            continue
        by_reason.setdefault(reason, []).append(name.removeprefix("per_class."))
    lines = []
    for reason, all_names in by_reason.items():
        names = _shortened(all_names)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        lines.append(f"undefined ({reason}): {', '.join(names[:_NAMED])}{more}")
    return lines


def _shortened(names: list[str]) -> list[str]:
    """Name a head alone where none of its numbers is defined."""
    whole = [head for head in HEADS if {f"{head}.{metric}" for metric in METRICS} <= set(names)]
    return [*whole, *(name for name in names if name.partition(".")[0] not in whole)]


def _subject(scored: ScoredFiles) -> str:
    truth = scored.dataset
    return f"on {truth['images']} images of {truth['file']}, {(truth['fingerprint'] or truth['sha256'])[:12]}"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
