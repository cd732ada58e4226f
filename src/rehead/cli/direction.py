"""Verbs for those who begin: route, guide. Neither imports torch."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from rehead.cli.guidance import guides, read_guide
from rehead.cli.routing.account import Account
from rehead.cli.routing.answers import Objects, Stuff, Want
from rehead.cli.routing.deciding import ask_person, decide
from rehead.cli.routing.reasons import answer_from
from rehead.cli.routing.route import route as route_for
from rehead.files import write_atomically


def route(
    source: Annotated[Path | None, typer.Argument(help="A dataset to answer from: what check reads.")] = None,
    *,
    objects: Annotated[Objects | None, typer.Option("--objects", help="Each object, or the class of pixels.")] = None,
    stuff: Annotated[Stuff | None, typer.Option("--stuff", help="Label sky, road and the like as well.")] = None,
    want: Annotated[Want | None, typer.Option("--want", help="What matters most.")] = None,
    interactive: Annotated[bool, typer.Option("--interactive", "-i", help="Ask, with a dataset as well.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON; asks nothing.")] = False,
) -> None:
    """Choose instance, semantic or panoptic segmentation, and the exact model to start with.

    Asks three questions unless flags answer them. With a dataset the data answers, and says what led it there.
    """
    seen = None
    if source is not None:
        from rehead.cli.routing.observation import observe  # pydantic, ruamel.yaml: 0.7 s

        seen = observe(source)
    reasoned = answer_from(seen.evidence) if seen else None
    asks = not as_json and (interactive or seen is None)
    decided = decide({"objects": objects, "stuff": stuff, "want": want}, reasoned, ask_person if asks else None)
    found = route_for(decided.answers)
    settings = found.start.settings
    if seen is not None and seen.splits and settings:
        from rehead.cli.memory import find_memory
        from rehead.cli.routing.settings import fitted  # as above

        settings = tuple(fitted(found.start, seen.splits, find_memory()))
    account = Account(found, decided, settings, source, seen.evidence if seen else None, reasoned)
    for conflict in decided.conflicts:
        print(f"note: {conflict}", file=sys.stderr)
    print(json.dumps(account.as_dict(), indent=2, ensure_ascii=False) if as_json else "\n".join(account.lines()))


def guide(
    name: Annotated[str | None, typer.Argument(help="Which guide; without it all are listed.")] = None,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Save it as Markdown in this file.")] = None,
) -> None:
    """Print a guide that comes with rehead, ready to hand to a colleague or an assistant."""
    if name is None:
        known = guides()
        width = max(map(len, known))
        print(*(f"{each:{width}}  {title}" for each, title in known.items()), sep="\n")
        return
    text = read_guide(name)
    if out is not None:
        write_atomically(out, text)
        print(f"wrote {out}")
    elif sys.stdout.isatty():
        from rich.console import Console  # rich.markdown: 0.1 s
        from rich.markdown import Markdown

        Console().print(Markdown(text))
    else:
        print(text, end="")
