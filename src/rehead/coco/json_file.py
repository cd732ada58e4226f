"""A JSON file read strictly: regular, UTF-8, one document, no key twice, no number beyond reach."""

import gc
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehead.coco.faults import FileFaults
from rehead.coco.memory import bounded_memory
from rehead.progress import Bar, progress

MAX_BYTES = 4 << 30
_LARGE = 16 << 20
"""Bytes above which a file may need more memory than there is: objects take 7 times the text, empty ones 25 times."""
TWICE = "\0twice"
"""The key under which an object keeps the names it was given twice; NUL keeps it apart from real keys."""
_OBJECTS_A_STEP = 4096
_BOM = b"\xef\xbb\xbf"
_LONG_NUMBER = re.compile(r"\d{4301,}")
_HINTS = (
    ("version https://git-lfs", "it is a Git LFS pointer: fetch the file with git lfs"),
    ("<", "it is HTML or XML, such as an error page saved under this name"),
)


@dataclass(frozen=True)
class Document:
    """The value that a JSON file holds; where it was put together from other files, `origins` tells each entry's."""

    value: Any
    origins: Mapping[str, Sequence[str]] = field(default_factory=dict)


class _Hooks:
    """Counts what the parser would pass over in silence, and the objects that it has read."""

    def __init__(self, bar: Bar | None) -> None:
        self.twice = 0
        self.constants = 0
        self._bar = bar
        self._done = 0

    def record(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self._done += 1
        if self._done % _OBJECTS_A_STEP == 0 and self._bar is not None:
            self._bar.advance(units=_OBJECTS_A_STEP)
        record = dict(pairs)
        if len(record) != len(pairs):
            self.twice += 1
            names = [name for name, _ in pairs]
            record[TWICE] = sorted({name for name in names if names.count(name) > 1})
        return record

    def constant(self, name: str) -> float:
        self.constants += 1
        return float(name)


def load_json(path: Path, faults: FileFaults) -> Document | None:
    """Read one JSON file; None, with the fault noted, if there is nothing to go on with."""
    try:
        with bounded_memory() if path.is_file() and path.stat().st_size > _LARGE else nullcontext():
            return _loaded(path, faults)
    except MemoryError:
        faults.add("json-too-large", "", f"to read its {path.stat().st_size} bytes takes more memory than is free")
        return None


def _loaded(path: Path, faults: FileFaults) -> Document | None:
    text = _text(path, faults)
    if text is None:
        return None
    shown = progress("JSON objects read", text.count("{")) if len(text) > _LARGE else nullcontext()
    try:
        with no_collection(), shown as bar:
            hooks = _Hooks(bar)
            value = json.loads(text, object_pairs_hook=hooks.record, parse_constant=hooks.constant)
    except RecursionError:
        faults.add("json-nesting", "", "the JSON nests too deep to be read")
        return None
    except json.JSONDecodeError as error:
        faults.add("json-syntax", f"line {error.lineno}, column {error.colno}", _syntax(error, text))
        return None
    except ValueError:
        faults.add("json-number", _place(text), "a number has over 4300 digits: too large for any reader")
        return None
    _note(hooks, value, faults)
    return None if hooks.twice and faults.log.actions["json-duplicate-key"] == "reject" else Document(value)


def _read(path: Path, faults: FileFaults) -> bytes | None:
    """Read the bytes of a regular file of bearable size."""
    try:
        if not path.is_file():
            faults.add("json-file", "", f"{'not a regular file' if path.exists() else 'no such file'}")
            return None
        if path.stat().st_size > MAX_BYTES:
            faults.add("json-too-large", "", f"the file has {path.stat().st_size} bytes, over the limit {MAX_BYTES}")
            return None
        return path.read_bytes()
    except (OSError, ValueError) as error:
        faults.add("json-file", "", f"cannot read it: {error}")
        return None


def _text(path: Path, faults: FileFaults) -> str | None:
    """Decode UTF-8, and say what else the bytes look like."""
    data = _read(path, faults)
    if data is None:
        return None
    if not data or data.isspace():
        faults.add("json-empty", "", f"the file is empty ({len(data)} bytes)")
        return None
    if data.startswith(_BOM) and not faults.keeps("json-bom", "byte 0", "begins with a UTF-8 byte order mark (BOM)"):
        return None
    try:
        return data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        kind = "gzip-compressed data" if data.startswith(b"\x1f\x8b") else "another encoding, such as UTF-16 or Latin-1"
        faults.add("json-encoding", f"byte {error.start}", f"the file is not UTF-8 text but {kind}")
        return None


def _syntax(error: json.JSONDecodeError, text: str) -> str:
    start = text[:200].lstrip()
    hint = next((hint for mark, hint in _HINTS if start.startswith(mark)), "")
    return f"not valid JSON: {error.msg}, char {error.pos}{': ' + hint if hint else ''}"


def _place(text: str) -> str:
    match = _LONG_NUMBER.search(text)
    return f"char {match.start()}" if match else ""


def _note(hooks: _Hooks, value: Any, faults: FileFaults) -> None:
    if hooks.constants:
        text = f"{hooks.constants} number(s) are NaN or Infinity: not finite, and no JSON"
        faults.add("json-constant", "", text)
    if hooks.twice:
        for where, names in _twice(value):
            for name in names:
                faults.add("json-duplicate-key", where, f"duplicate key {name!r}: one of its values would be lost")


def _twice(value: Any) -> Iterator[tuple[str, list[str]]]:
    """Walk the document without recursion and yield the paths of objects with a key given twice."""
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        where, item = stack.pop()
        if isinstance(item, dict):
            if TWICE in item:
                yield where or "top level", item[TWICE]
            stack += [(f"{where}.{key}" if where else key, inner) for key, inner in item.items() if key != TWICE]
        elif isinstance(item, list):
            stack += [(f"{where}[{at}]", inner) for at, inner in enumerate(item) if isinstance(inner, dict | list)]


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold the garbage collector while millions of small objects are made, none of which is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
