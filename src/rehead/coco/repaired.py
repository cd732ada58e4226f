"""Checked records as a COCO document for other tools: the source's ids, names and fields, the faults repaired.

Other than the canonical copy, which is for training, it keeps polygons, categories as they were numbered, and whatever
the source says beside what is checked.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from rehead.coco import rle
from rehead.coco.records import Annotation, Category, Dataset, ImageRecord
from rehead.coco.structure import is_number

RENAMED = "source_file_name"
"""The field of an image that keeps its name in the source, where the copy had to give it another."""
_POINTS = ("keypoints", "num_keypoints")
_DEEPEST = 100


def repaired_document(data: Dataset, names: Mapping[Path, str]) -> dict[str, Any]:
    """Build the document of one split; `names` are the files of its images in the copy, by their source files."""
    images = {image.id: image for image in data.images}
    categories = _without_zero([category.id for category in data.categories])
    numbers = _distinct([a.id for a in data.annotations])
    return {
        **data.extra,
        "images": [_image(image, names) for image in data.images],
        "annotations": [
            _annotation(a, number, categories[a.category_id], images[a.image_id])
            for a, number in zip(data.annotations, numbers, strict=True)
        ],
        "categories": [_category(category, categories[category.id]) for category in data.categories],
    }


def plain(value: Any, depth: int = 0) -> Any:
    """Turn what is no JSON into null: numbers that are not finite, and what nests deeper than any tool reads."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict | list) and depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {key: plain(inner, depth + 1) for key, inner in value.items()}
    return [plain(inner, depth + 1) for inner in value] if isinstance(value, list) else value


def _image(image: ImageRecord, names: Mapping[Path, str]) -> dict[str, Any]:
    assert image.path is not None, "images are looked at before a copy is written"
    entry = dict(image.entry or {})
    if names[image.path] != image.file_name:
        entry.setdefault(RENAMED, image.file_name)
    return entry | {"id": image.id, "file_name": names[image.path], "width": image.width, "height": image.height}


def _category(category: Category, number: int) -> dict[str, Any]:
    return {**(category.entry or {}), "id": number, "name": category.name}


def _annotation(a: Annotation, number: int, category: int, image: ImageRecord) -> dict[str, Any]:
    entry = dict(a.entry or {})
    if _is_turned(image):  # points that nobody here turns would lie beside the object
        entry = {key: value for key, value in entry.items() if key not in _POINTS}
    return entry | {
        "id": number,
        "image_id": a.image_id,
        "category_id": category,
        "bbox": _as_written(entry.get("bbox"), list(a.bbox)),
        "area": _as_written([entry.get("area")], [a.area])[0],
        "iscrowd": a.iscrowd,
        "segmentation": _segmentation(entry.get("segmentation"), a, image),
    }


def _segmentation(given: Any, a: Annotation, image: ImageRecord) -> Any:
    """Keep polygons that fill the very mask that was checked, so that people can go on editing them."""
    if type(given) is list and not a.iscrowd:
        parts = [part for part in given if len(part) >= 6]
        if rle.polygons_to_rle(parts, image.height, image.width)["counts"] == a.counts:
            return parts
    return {"size": [image.height, image.width], "counts": a.counts}


def _as_written(given: Any, checked: list[float]) -> list[float]:
    """Prefer the source's own spelling of equal numbers: 10 stays 10."""
    return given if type(given) is list and all(map(is_number, given)) and given == checked else checked


def _is_turned(image: ImageRecord) -> bool:
    """Say whether the pixels were turned, and the annotations with them."""
    entry = image.entry or {}
    given = entry.get("width"), entry.get("height")
    return None not in given and given != (image.width, image.height)


def _without_zero(ids: Iterable[int]) -> dict[int, int]:
    """Give category 0, which models take for background, the smallest free id from 1."""
    taken = set(ids)
    return {number: number or next(free for free in count(1) if free not in taken) for number in taken}


def _distinct(ids: list[int]) -> Iterator[int]:
    """Keep ids; 0 and those met before get the smallest ones from 1 that are free."""
    taken = set(ids)
    free = (number for number in count(1) if number not in taken)
    met = {0}
    for number in ids:
        yield next(free) if number in met else number
        met.add(number)
