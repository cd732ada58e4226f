"""Where each answer comes from: a flag, the data, or the person at the keyboard."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Literal

import typer

from rehead.cli.routing.answers import QUESTIONS, Answers
from rehead.cli.routing.reasons import Reasoned

Origin = Literal["flag", "data", "asked"]
Ask = Callable[[str, StrEnum], StrEnum]
"""Takes the name of a question and the proposed answer."""


@dataclass(frozen=True)
class Decided:
    """The answers, where each comes from, and what to say where a person and the data disagree."""

    answers: Answers
    origins: dict[str, Origin]
    conflicts: tuple[str, ...]


def decide(flags: Mapping[str, StrEnum | None], reasoned: Reasoned | None, ask: Ask | None) -> Decided:
    """Take the flags, ask for the rest if there is anybody to ask, else take what the data says.

    Raises ValueError that names the missing flags where there are neither data nor anybody to ask.
    """
    answers = reasoned.answers if reasoned else Answers()
    origins: dict[str, Origin] = {}
    missing = [f"--{name}" for name, value in flags.items() if value is None]
    if missing and reasoned is None and ask is None:
        raise ValueError(f"nobody to ask and no data: give {', '.join(missing)}, or the path of a dataset")
    for name in (field.name for field in fields(Answers)):
        given, proposed = flags[name], getattr(answers, name)
        value = given if given is not None else ask(name, proposed) if ask is not None else proposed
        origins[name] = "flag" if given is not None else "asked" if ask is not None else "data"
        changed: dict[str, Any] = {name: value}
        answers = replace(answers, **changed)
    return Decided(answers, origins, _conflicts(answers, reasoned))


def ask_person(name: str, proposed: StrEnum) -> StrEnum:
    """Ask on the terminal until the answer is one of those listed, or begins one; Enter takes the proposed one."""
    choices = [str(choice) for choice in type(proposed)]
    typer.echo(f"\n{QUESTIONS[name]}", err=True)
    while True:
        # typer.prompt writes to standard output as well, which may be a file.
        typer.echo(f"  {' / '.join(choices)} [{proposed}]: ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line:
            typer.echo(err=True)
            raise ValueError(f"no answer: give --{name} {'|'.join(choices)}, or the path of a dataset")
        given = line.strip().lower() or str(proposed)
        fitting = [choice for choice in type(proposed) if choice.startswith(given)]
        if len(fitting) == 1:
            return fitting[0]
        typer.echo(f"  {given!a} is none of {', '.join(choices)}", err=True)


def _conflicts(answers: Answers, reasoned: Reasoned | None) -> tuple[str, ...]:
    """Tell each answer that the data contradicts; what matters most is not for data to say."""
    if reasoned is None:
        return ()
    names = [name for name in ("objects", "stuff") if getattr(answers, name) != getattr(reasoned.answers, name)]
    return tuple(
        f"you said {name} {getattr(answers, name)}, the data says {getattr(reasoned.answers, name)}: "
        f"{reasoned.because[name]}"
        for name in names
    )
