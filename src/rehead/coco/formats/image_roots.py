"""Where the images of an annotation file are: the first likely folder in which files that it names exist."""

import json
import mmap
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path

from rehead.coco.formats.split_names import split_of, subfolders
from rehead.coco.image_files import is_image_name
from rehead.coco.json_file import MAX_BYTES

_FILE_NAME = re.compile(rb'"(?:file_name|filename)"\s*:\s*("(?:[^"\\\n]|\\.){1,4096}")')
_PEEKED = 20
_USUAL = ("images", "data", "imgs", "img", "jpegimages")
_BESIDE = ("annotations", "annotation")
_MOST_FOLDERS = 100


def image_root(file: Path, folder: Path | None = None, *, split: str | None = None) -> Path | None:
    """Find the folder that the image names in `file` start from, in a dataset's `folder`; None if there is none.

    Folders named like the file or its split come first, then images/ and the like, then the file's own.
    """
    folder = folder or (file.parent.parent if file.parent.name.lower() in _BESIDE else file.parent)
    likely = list(dict.fromkeys(_likely(file, (file.parent, folder), split)))
    found = _first_with(peeked_names(file), chain(likely, subfolders(folder)[:_MOST_FOLDERS]))
    if found is not None:
        return found
    return next(filter(has_images, likely), next((root for root in likely if root.name.lower() in _USUAL), None))


def image_root_below(images: Path, file: Path, *, split: str | None = None) -> Path:
    """Find the folder that the image names in `file` start from, where the user says that images are in `images`."""
    return _first_with(peeked_names(file), [*_named(images, file, split), images]) or images


def has_images(folder: Path) -> bool:
    """Say whether image files lie in a folder itself."""
    with os.scandir(folder) as entries:
        return any(is_image_name(entry.name) for entry in entries)


def peeked_names(file: Path) -> list[str]:
    """Pick the first image file names out of a JSON file without parsing it."""
    names: list[str] = []
    if not file.is_file() or file.stat().st_size > MAX_BYTES:  # opening a pipe would wait for ever
        return names
    with suppress(OSError, ValueError), file.open("rb") as stream:
        content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        for match in islice(_FILE_NAME.finditer(content), _PEEKED):
            with suppress(ValueError):
                names.append(json.loads(match[1]))
    return names


def _first_with(names: list[str], roots: Iterable[Path]) -> Path | None:
    safe = [name for name in names if not name.startswith(("/", "\\")) and ".." not in name and "\0" not in name]
    return next((root for root in roots if any(_exists(root / name) for name in safe)), None)


def _exists(path: Path) -> bool:
    with suppress(OSError, ValueError):  # a name too long or not encodable
        return path.is_file()
    return False


def _likely(file: Path, bases: Iterable[Path], split: str | None) -> Iterator[Path]:
    for base in bases:
        yield from _named(base / "images", file, split)
        for root in _named(base, file, split):
            yield from (root / "images", root) if (root / "images").is_dir() else (root,)
    for base in bases:
        yield from (entry for name in _USUAL for entry in subfolders(base) if entry.name.lower() == name)
    yield from bases


def _named(base: Path, file: Path, split: str | None) -> list[Path]:
    """List the folders in `base` that are called like a part of the file's name, or after its split."""
    pieces = {file.stem, *re.split(r"[_.\s]", file.stem)}
    folders = subfolders(base)
    called = [entry for entry in folders if entry.name in pieces]
    return [*called, *(entry for entry in folders if split is not None and split_of(entry.name) == split)]
