"""The category table of a COCO file: ids unique, names that are text and differ."""

import re
import unicodedata
from typing import Any

from rehead.coco.faults import FileFaults, shortened
from rehead.coco.records import Category
from rehead.coco.structure import Entries, read_id

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069<>\"`\\\ud800-\udfff]|\.\.")
_LONGEST = 100


def read_categories(entries: Entries, faults: FileFaults) -> dict[int, Category]:
    """Read the sound categories by id, in the file's order."""
    found: dict[int, Category] = {}
    if not entries:
        faults.add("categories-none", "categories", "no categories are listed")
    for at, entry in entries:
        where = f"categories[{at}]"
        number = read_id(entry, "id", where, faults)
        name = _name(entry, where, faults)
        if number is None or name is None:
            continue
        if number in found:
            faults.add("category-id-duplicate", f"{where}.id", f"duplicate category id {number}", value=number)
            continue
        if number == 0:
            faults.add("category-id-zero", f"{where}.id", "category id 0 is what models call background: renumbered")
        found[number] = Category(number, name)
    _note_twins(found, faults)
    return found


def _name(entry: dict[str, Any], where: str, faults: FileFaults) -> str | None:
    """Read a name; blanks around it go, and what could break a table, a path or a page is replaced."""
    value = entry.get("name")
    if type(value) is not str or not value.strip():
        what = "is missing" if "name" not in entry else "is empty" if value == "" else "is no text"
        faults.add("category-name", f"{where}.name", f"the category name {what}", value=value)
        return None
    name = " ".join(_UNSAFE.sub("_", value.replace("\n", " ").replace("\t", " ")).split())[:_LONGEST].strip()
    if name != value.strip():
        message = f"the category name has characters that break tables, paths or pages: read as {shortened(name)}"
        if not faults.keeps("category-name-unsafe", f"{where}.name", message, value=value):
            return None
    return name


def _note_twins(found: dict[int, Category], faults: FileFaults) -> None:
    """Note names that are the same, or the same but for case and space."""
    first: dict[str, Category] = {}
    for category in found.values():
        twin = first.setdefault(_folded(category.name), category)
        if twin is category:
            continue
        ids = f"ids {twin.id} and {category.id}"
        if twin.name == category.name:
            faults.add("category-name-duplicate", "categories", f"duplicate name {category.name!r}: {ids}")
        else:
            text = f"names {twin.name!r} and {category.name!r} ({ids}) look the same but for case or space: kept apart"
            faults.add("category-name-similar", "categories", text)


def _folded(name: str) -> str:
    """Reduce a name to what people read: no case, no space, no invisible characters, one Unicode form."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf")
