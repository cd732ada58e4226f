"""Datasets whose images are numbers, for rules that look at ids and hashes alone."""

from collections.abc import Iterable
from typing import Any

from rehead.coco.plan import DataPlan
from rehead.coco.records import Annotation, Category, Dataset, ImageFacts, ImageRecord


def numbered_image(n: int) -> ImageRecord:
    facts = ImageFacts(f"bytes {n}", f"pixels {n}", 64, 48, 1, "PNG", "RGB", True)
    return ImageRecord(n, f"wall{n // 4}_{n}.png", 64, 48, None, facts, {"patient": n // 4})


def numbered(numbers: Iterable[int], *, rare: Iterable[int] = ()) -> Dataset:
    """One cat in each image, and a newt in the rare ones."""
    images = tuple(numbered_image(n) for n in numbers)
    cats = tuple(Annotation(i.id, i.id, 1, (0.0, 0.0, 9.0, 9.0), 81.0, 0, "x") for i in images)
    newts = tuple(Annotation(10**7 + n, n, 2, (0.0, 0.0, 9.0, 9.0), 81.0, 0, "x") for n in rare)
    return Dataset((Category(1, "cat"), Category(2, "newt")), images, cats + newts)


def plan_of(**fields: Any) -> DataPlan:
    return DataPlan.model_validate(fields)


def ids_of(data: Dataset) -> set[int]:
    return {image.id for image in data.images}
