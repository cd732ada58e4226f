"""The image table of a COCO file: ids unique, each file listed once, sizes that are positive integers or left out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rehead.coco.faults import FileFaults, shortened
from rehead.coco.structure import Entries, read_id

MAX_PIXELS = 1 << 28


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One entry of `images`: where it stands, its id, file name, and width and height in pixels if it gives them."""

    where: str
    id: int
    file_name: str
    width: int | None
    height: int | None


@dataclass(frozen=True)
class ImageTable:
    """The sound entries; `alias` leads ids of files listed twice to the entry kept, `seen` holds every id met."""

    entries: list[ImageEntry]
    alias: dict[int, int]
    seen: set[int]


def read_image_entries(entries: Entries, faults: FileFaults) -> ImageTable:
    """Read the image table; a file listed twice is read once, under its first id. No image of a shared id is left."""
    kept: dict[str, ImageEntry] = {}
    alias: dict[int, int] = {}
    seen: set[int] = set()
    shared: set[int] = set()
    for at, entry in entries:
        where = f"images[{at}]"
        number = read_id(entry, "id", where, faults)
        name = _file_name(entry, where, faults)
        size = _size(entry, where, faults)
        if number is not None and number in seen:
            text = f"duplicate image id {number}: which of its annotations belong to which image cannot be told"
            if faults.add("image-id-duplicate", f"{where}.id", text, value=number) == "drop":
                shared.add(number)
            continue
        if number is not None:
            seen.add(number)
        if number is None or name is None or size is None:
            continue
        twin = kept.setdefault(name, ImageEntry(where, number, name, *size))
        if twin.id != number:
            text = f"file_name twice: images {twin.id} and {number} are the same file, read as image {twin.id}"
            if faults.keeps("file-name-twice", f"{where}.file_name", text, value=name):
                alias[number] = twin.id
    _note_collisions(kept, faults)
    return ImageTable([entry for entry in kept.values() if entry.id not in shared], alias, seen)


def _file_name(entry: dict[str, Any], where: str, faults: FileFaults) -> str | None:
    value = entry.get("file_name")
    if type(value) is str and value:
        return value
    if "file_name" in entry:
        faults.add("file-name", f"{where}.file_name", "file_name is no text or empty", value=value)
    else:
        faults.add("field-missing", f"{where}.file_name", f"{where} has no file_name")
    return None


def _size(entry: dict[str, Any], where: str, faults: FileFaults) -> tuple[int | None, int | None] | None:
    """Read width and height: two positive integers, or neither of them; None if the entry cannot stay."""
    width, height = entry.get("width"), entry.get("height")
    if width is None and height is None:
        return None, None
    if type(width) is not int or type(height) is not int or width < 1 or height < 1:
        text = "width and height must be positive integers"
    elif width * height > MAX_PIXELS:
        text = f"width x height is {width * height} pixels, over the limit {MAX_PIXELS}: too large"
    else:
        return width, height
    return (None, None) if faults.keeps("size-value", f"{where}.width", text, value=[width, height]) else None


def _note_collisions(names: Iterable[str], faults: FileFaults) -> None:
    """Note file names that some file systems take for one."""
    first: dict[str, str] = {}
    for name in names:
        twin = first.setdefault(name.casefold(), name)
        if twin != name:
            text = f"{shortened(twin)} and {shortened(name)} differ by case alone: they collide on some systems"
            faults.add("file-name-collision", "images", text)
