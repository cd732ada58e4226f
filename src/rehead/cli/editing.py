"""Edits of params.yaml and dvc.yaml that keep every comment and all other values as they are."""

import json
import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from rehead.files import write_atomically

_WATCH = "- ${data.source}"
_IMAGES = "  # images of data.source"


@dataclass(frozen=True)
class ParamsEdit:
    """A params.yaml being edited; nothing is written before `save`."""

    path: Path
    document: CommentedMap

    @classmethod
    def of(cls, path: Path) -> "ParamsEdit":
        """Open a file, or begin an empty one if it does not exist; raises ValueError if it is no YAML mapping."""
        try:
            document = _yaml().load(path.read_text(encoding="utf-8")) if path.is_file() else None
        except YAMLError as error:
            raise ValueError(f"{path} is not YAML: {error}") from None
        if document is None:
            document = CommentedMap()
        if not isinstance(document, CommentedMap):
            raise ValueError(f"{path} must hold sections such as `train:`")
        return cls(path, document)

    def value(self, section: str, key: str) -> Any:
        """Read one value, None if it is not set."""
        return (self.document.get(section) or {}).get(key)

    def set(self, section: str, key: str, value: int | str, *, because: str) -> None:
        """Set one value with its reason as the comment behind it."""
        if self.document.get(section) is None:
            self.document[section] = CommentedMap()
        block: CommentedMap = self.document[section]
        block[key] = value
        block.ca.items.pop(key, None)
        block.yaml_add_eol_comment(because, key)

    def save(self) -> None:
        """Write the file."""
        stream = StringIO()
        _yaml().dump(self.document, stream)
        write_atomically(self.path, stream.getvalue())


def watch_source(pipeline: Path, *, images: Path | None = None) -> bool:
    """Uncomment the dependency on `${data.source}` in dvc.yaml; returns whether that changed the file.

    `images` is the folder of a source that is a JSON file: it is listed below, in the place of an earlier one.
    """
    text = pipeline.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines(keepends=True) if not line.rstrip().endswith(_IMAGES)]
    changed = "".join(lines).replace(f"# {_WATCH}", _WATCH, 1)
    if images is not None:
        entry = f"- {json.dumps(str(images), ensure_ascii=False)}{_IMAGES}"
        active = re.compile(rf"^( *){re.escape(_WATCH)} *\n", re.MULTILINE)
        changed = active.sub(lambda found: f"{found[0]}{found[1]}{entry}\n", changed, count=1)
    if changed == text:
        return False
    write_atomically(pipeline, changed)
    return True


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
