"""Edits of params.yaml and dvc.yaml as text: each line that is not meant stays as it is, and both are written or none.

ruamel.yaml tells where a parameter stands, and what the edited text says.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from rehead.files import write_atomically
from rehead.params import describe_yaml_fault

_WATCH = "- ${data.source}"
_IMAGES = "  # images of data.source"
_INDENT = 2
_COMMENTED = re.compile(r"(\s+[^\s#][^#]*\s)#")
_SAYS_NOTHING = re.compile(r"\s*(#.*)?")
_PLAIN = re.compile(r"[A-Za-z_./][\w./@+-]*")


@dataclass(frozen=True)
class ParamsText:
    """The text of a params.yaml."""

    path: Path
    text: str

    @classmethod
    def of(cls, path: Path) -> "ParamsText":
        """Read a file, or begin an empty one if it does not exist; raises ValueError if it is no YAML mapping."""
        try:
            found = cls(path, path.read_bytes().decode("utf-8") if path.exists() else "")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not YAML: {error}") from None
        found._document  # noqa: B018 (read for its errors)
        return found

    def value(self, section: str, key: str, otherwise: Any = None) -> Any:
        """Read one value, `otherwise` if the file does not set it."""
        return (self._document.get(section) or {}).get(key, otherwise)

    def with_value(self, section: str, key: str, value: Any, *, because: str) -> "ParamsText":
        """Set one value with its reason as the comment behind it.

        Raises ValueError where that would change anything else, as it would with a value that others refer to.
        """
        opened = self._with_lines_for(section)
        document, lines = opened._document, opened._lines()
        block: CommentedMap = document[section] or CommentedMap()
        top, bottom = _extent(document, section, lines, len(lines))
        start, stop = _extent(block, key, lines, bottom) if key in _places(block) else (bottom, bottom)
        indent = min((column for _, column in _places(block).values()), default=_INDENT)
        entry = f"{' ' * indent}{key}: {flow(value)}"
        width = max(_comment_column(lines[start:stop]) or _comment_column(lines[top:bottom]), len(entry) + 2)
        lines[start:stop] = [f"{entry:<{width}}# {' '.join(because.split())}{self._newline}"]
        changed = ParamsText(self.path, "".join(lines))
        wanted = {**self._document, section: {**(self._document.get(section) or {}), key: value}}
        if not changed._says(wanted):
            raise ValueError(f"{self.path}: {section}.{key} cannot be set without changing others; set it by hand")
        return changed

    def _says(self, wanted: Mapping[str, Any]) -> bool:
        try:
            return bool(self._document == wanted)
        except ValueError:
            return False

    def _with_lines_for(self, section: str) -> "ParamsText":
        """Begin a section that is not there, and give each parameter of one in braces a line of its own."""
        document, lines = self._document, self._lines()
        block = document.get(section)
        if isinstance(block, CommentedMap) and block and not block.fa.flow_style():
            return self
        start, stop = _extent(document, section, lines, len(lines)) if section in document else (len(lines), len(lines))
        blank = [self._newline] if start == stop and lines else []
        entries = [f"{' ' * _INDENT}{key}: {flow(value)}{self._newline}" for key, value in (block or {}).items()]
        lines[start:stop] = [*blank, f"{section}:{self._newline}", *entries]
        return ParamsText(self.path, "".join(lines))

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def _lines(self) -> list[str]:
        lines = self.text.splitlines(keepends=True)
        return [*lines[:-1], lines[-1].rstrip("\r\n") + self._newline] if lines else []

    @cached_property
    def _document(self) -> CommentedMap:
        try:
            document = YAML().load(self.text)
        except YAMLError as error:
            raise ValueError(describe_yaml_fault(error, self.path, self.text)) from None
        if document is None:
            return CommentedMap()
        if not isinstance(document, CommentedMap):
            raise ValueError(f"{self.path} must hold sections such as `train:`")
        return document


def flow(value: Any) -> str:
    """Write a value in YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and YAML(typ="safe", pure=True).load(value) == value:
            return value
        if value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        return '"' + "".join(c if c.isalnum() else f"\\U{ord(c):08x}" for c in value) + '"'
    return json.dumps(value)


def watching(pipeline: str, *, images: Path | None = None) -> str:
    """Uncomment the dependency on `${data.source}` in the text of a dvc.yaml.

    `images` is the folder of a source that is a JSON file: it is listed below, in the place of an earlier one.
    """
    lines = [line for line in pipeline.splitlines(keepends=True) if not line.rstrip().endswith(_IMAGES)]
    changed = "".join(lines).replace(f"# {_WATCH}", _WATCH, 1)
    if images is None:
        return changed
    entry = f"- {json.dumps(str(images), ensure_ascii=False)}{_IMAGES}"
    active = re.compile(rf"^( *){re.escape(_WATCH)} *\n", re.MULTILINE)
    return active.sub(lambda found: f"{found[0]}{found[1]}{entry}\n", changed, count=1)


def write_together(texts: Mapping[Path, str]) -> None:
    """Write several files, or leave all as they were: what was written before a failure or Ctrl-C is put back."""
    former = {path: path.read_bytes() if path.is_file() else None for path in texts}
    begun: list[Path] = []
    try:
        for path, text in texts.items():
            begun.append(path)
            write_atomically(path, text)
    except BaseException as error:
        for path in begun:
            _restore(path, former[path])
        if isinstance(error, OSError):
            raise ValueError(f"{begun[-1]} cannot be written ({error}); nothing was changed") from None
        raise


def _restore(path: Path, content: bytes | None) -> None:
    if content is None and path.is_file():
        path.unlink()
    elif content is not None and path.read_bytes() != content:
        write_atomically(path, content)


def _extent(block: CommentedMap, key: str, lines: list[str], bottom: int) -> tuple[int, int]:
    """Give a parameter's first line and the one after its last, without the comments and blank lines that follow."""
    start = _places(block)[key][0]
    stop = min((line for line, _ in _places(block).values() if line > start), default=bottom)
    while stop > start + 1 and _SAYS_NOTHING.fullmatch(lines[stop - 1].rstrip("\r\n")):
        stop -= 1
    return start, stop


def _places(block: CommentedMap) -> dict[str, tuple[int, int]]:
    """Give the line and column of each parameter that a block sets itself."""
    return {key: (place[0], place[1]) for key, place in (block.lc.data or {}).items()}


def _comment_column(lines: list[str]) -> int:
    """Find the column of the first comment behind a value, 0 if there is none."""
    return next((found.end(1) for found in map(_COMMENTED.match, lines) if found), 0)
