"""The shape of a COCO document: one object, three lists of objects, ids that are whole numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rehead.coco.faults import FileFaults

_TABLES = ("images", "annotations", "categories")
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
}
_INT64 = 2**63
DIGITS = re.compile(r"[0-9]{1,18}")
"""Text that can stand for an id."""
NUMBERS = frozenset((int, float))
"""The types that a JSON number has; true and false are of another."""
Entries = list[tuple[int, dict[str, Any]]]


@dataclass(frozen=True)
class Tables:
    """The three lists of a COCO document; entries have their place in the file, annotations wait to be `taken`."""

    images: Entries
    annotations: list[Any]
    categories: Entries


def read_tables(value: Any, faults: FileFaults) -> Tables | None:
    """Take the three lists out of a document; None if one is missing or no list."""
    if type(value) is not dict:
        text = f"the top level is {_kind(value)}, not an object with images, annotations and categories"
        faults.add("top-level", "", text)
        return None
    wrong = [name for name in _TABLES if type(value.get(name)) is not list]
    for name in wrong:
        found = f"is {_kind(value[name])}, not a list" if name in value else "is missing"
        faults.add("table", name, f"the list {name!r} {found}")
    if wrong:
        return None
    for name in _TABLES:
        _note_others(value[name], name, faults)
    images, annotations, categories = (value[name] for name in _TABLES)
    return Tables(_objects(images), annotations, _objects(categories))


def taken(table: list[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield a table's objects with their places, out of the table: memory falls while records of them grow."""
    for at, entry in enumerate(table):
        table[at] = None
        if type(entry) is dict:
            yield at, entry


def read_id(entry: dict[str, Any], key: str, where: str, faults: FileFaults) -> int | None:
    """Read an id that must be a whole number of 64 bits, not negative; None if the record cannot stay."""
    value = entry.get(key)
    if type(value) is int and 0 <= value < _INT64:
        return value
    path = f"{where}.{key}"
    if key not in entry:
        faults.add("field-missing", path, f"{where} has no {key}")
    elif type(value) is float and value.is_integer() and 0 <= value < 2**53:
        if faults.keeps("id-float", path, f"{key} is the float {value}, read as an integer", value=value):
            return int(value)
    elif type(value) is str and DIGITS.fullmatch(value):
        if faults.keeps("id-text", path, f"{key} is the string {value!r}, not an integer", value=value):
            return int(value)
    elif type(value) is int and -_INT64 <= value < 0:
        faults.add("id-negative", path, f"{key} is negative; ids must be >= 0", value=value)
    elif type(value) is int:
        faults.add("id-type", path, f"{key} is too large: out of the range of int64", value=value)
    else:
        faults.add("id-type", path, f"{key} is {_kind(value)}, not an integer", value=value)
    return None


def is_number(value: Any) -> bool:
    """Say whether a JSON value is a number; true and false are not."""
    return type(value) in NUMBERS


def _note_others(table: list[Any], name: str, faults: FileFaults) -> None:
    """Note the entries of a table that are no objects."""
    for at, entry in enumerate(table):
        if type(entry) is not dict:
            where = f"{name}[{at}]"
            faults.add("record-type", where, f"{where} is {_kind(entry)}, not an object", value=entry)


def _objects(table: list[Any]) -> Entries:
    return [(at, entry) for at, entry in enumerate(table) if type(entry) is dict]


def _kind(value: Any) -> str:
    """Name a JSON value's type as JSON does."""
    return "null" if value is None else _KINDS[type(value)]
