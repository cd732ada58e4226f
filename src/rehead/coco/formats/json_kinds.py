"""Which tool's JSON a file is, told from the first key that gives it away; nothing is parsed."""

import mmap
import os
import re
from pathlib import Path

from rehead.coco.formats.split_names import is_folder

_MARK = re.compile(rb'"(?:(images|annotations)"\s*:\s*\[|(shapes)"\s*:\s*\[|(_via_\w+|regions)"\s*:)')
_KINDS = ("coco", "labelme", "via")
_HEAD_BYTES = 64 << 20
"""How far a telling key may stand from a file's start."""


def kind_of(path: Path) -> str:
    """Tell coco, labelme or via; an empty text for anything else, and for what cannot be read."""
    if not path.is_file():  # opening a pipe would wait for ever
        return ""
    try:
        head = min(path.stat().st_size, _HEAD_BYTES)
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), head, access=mmap.ACCESS_READ) as content:
            match = _MARK.search(content)
            return "" if match is None or match.lastindex is None else _KINDS[match.lastindex - 1]
    except (OSError, ValueError):
        return ""


def json_files(folder: Path) -> list[Path]:
    """List the JSON files in a folder by name, without hidden ones; none if it is not there.

    A link that leads nowhere and a pipe are among them: what stands for a split must be a fault, not be passed over.
    """
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        found = (entry for entry in entries if entry.name.lower().endswith(".json") and not entry.name.startswith("."))
        return sorted(folder / entry.name for entry in found if not is_folder(entry))
