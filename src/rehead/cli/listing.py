"""Every parameter of params.yaml: its default, what it takes and what it does, as the sections themselves say it."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rehead.cli.editing import flow
from rehead.params import leaves_of

_WORDS = {int: "whole number", float: "number", bool: "true | false", str: "text", NoneType: "null"}
_PARAMETERS = "the parameters below"


@dataclass(frozen=True)
class Parameter:
    """One parameter by its dotted name, where NAME stands for any: default and kind as in YAML, and its meaning."""

    name: str
    default: str
    takes: str
    text: str


def list_parameters(sections: Mapping[str, type[pydantic.BaseModel]], *, only: str | None = None) -> list[Parameter]:
    """List the parameters of all sections or of one; raises ValueError for a section that there is not."""
    if only is not None and only not in sections:
        nearest = difflib.get_close_matches(only, sections, n=1) or [", ".join(sections)]
        raise ValueError(f"params.yaml has no section {only}; did you mean {nearest[0]}?")
    chosen = sections if only is None else {only: sections[only]}
    return [found for name, section in chosen.items() for found in _parameters(name, section)]


def print_parameters(parameters: Iterable[Parameter], console: Console | None = None) -> None:
    """Print a table on a terminal, one line each elsewhere."""
    console = console or Console(highlight=False)
    table = Table("parameter", "default", "what it takes, and what it does")
    for item in parameters:
        if console.is_terminal:
            table.add_row(item.name, Text(item.default), Text.assemble((item.takes, "dim"), "\n", item.text))
        else:
            print(f"{item.name}: {item.default}".rstrip() + f"  # {item.takes}. {item.text}")
    if console.is_terminal:
        console.print(table)


def _parameters(name: str, section: type[pydantic.BaseModel]) -> Iterator[Parameter]:
    for key, field in section.model_fields.items():
        path, text = f"{name}.{key}", " ".join((field.description or "").split())
        yield Parameter(path, _default(field), _takes(field.annotation, [field]), text)
        named = ".NAME" if get_origin(field.annotation) is dict else ""
        for kind in leaves_of(field.annotation):
            if _is_section(kind):
                yield from _parameters(path + named, kind)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or isinstance(value, pydantic.BaseModel):
        return ""
    return flow(value)


def _takes(annotation: Any, about: Iterable[Any]) -> str:
    """Say a type in words; `about` is what bounds it, as pydantic notes it."""
    if _is_section(annotation):
        return _PARAMETERS
    origin, parts, bounds = get_origin(annotation), get_args(annotation), _bounds(about)
    if origin is Annotated:
        return _takes(parts[0], parts[1:])
    if origin in (Union, UnionType):
        return " | ".join(_takes(part, about) for part in parts)
    if origin is Literal:
        return " | ".join(map(str, parts))
    if origin is tuple:
        inner = [_takes(part, ()) if part is not Ellipsis else "..." for part in parts]
        return f"[{', '.join(inner)}]{_span(bounds, 'min_length', 'max_length', of=', {} long')}"
    if origin is dict:
        return f"{{NAME: {_takes(parts[1], ())}}}"
    return _WORDS[annotation] + (_span(bounds, "ge", "le", of=" {}") if annotation in (int, float) else "")


def _bounds(about: Iterable[Any]) -> dict[str, Any]:
    """Collect the bounds that fields and notes on a type name."""
    notes = [note for item in about for note in (item.metadata if isinstance(item, FieldInfo) else [item])]
    names = ("ge", "gt", "le", "lt", "min_length", "max_length")
    return {name: getattr(note, name) for note in notes for name in names if getattr(note, name, None) is not None}


def _span(bounds: Mapping[str, Any], least: str, most: str, *, of: str) -> str:
    """Write a lower and an upper bound, each where there is one."""
    if least in bounds and bounds[least] == bounds.get(most):
        return of.format(bounds[least])
    words = {least: "from", "gt": "above", most: "to", "lt": "below"}
    said = [f"{word} {bounds[name]:.9g}" for name, word in words.items() if name in bounds]
    return of.format(" ".join(said)) if said else ""


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, pydantic.BaseModel)
