"""What a source says beyond what is checked, kept beside the records for a copy that loses nothing."""

from dataclasses import replace
from typing import Any

from rehead.coco.records import Dataset
from rehead.coco.structure import DIGITS, Entries, Tables


def with_entries(data: Dataset, document: dict[str, Any], tables: Tables) -> Dataset:
    """Leave their own entries with images and categories, and the fields beside the three lists with the dataset.

    A sound id is always that of the first entry which has it: later ones are faults.
    """
    images, categories = _by_id(tables.images), _by_id(tables.categories)
    return replace(
        data,
        images=tuple(replace(image, entry=images[image.id]) for image in data.images),
        categories=tuple(replace(category, entry=categories[category.id]) for category in data.categories),
        extra={key: value for key, value in document.items() if key not in vars(tables)},
        listed=(len(document["images"]), len(document["annotations"])),
    )


def _by_id(entries: Entries) -> dict[int, dict[str, Any]]:
    """Find the first entry of each id, a number or its digits; true is no id, although it equals 1."""
    found: dict[int, dict[str, Any]] = {}
    for _, entry in entries:
        number: Any = entry.get("id")
        if type(number) in (int, float):
            found.setdefault(number, entry)
        elif type(number) is str and DIGITS.fullmatch(number):
            found.setdefault(int(number), entry)
    return found
