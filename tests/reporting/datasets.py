"""Checked records for tests of figures, contact sheets and pages: squares on pictures of 64 x 48."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from rehead.coco import rle
from rehead.coco.records import Annotation, Category, Dataset, ImageRecord

WIDTH, HEIGHT = 64, 48
Square = tuple[int, int, int]


def square(number: int, image_id: int, place: Square, **more: Any) -> Annotation:
    """Make a square object; `place` is left, top, side."""
    left, top, side = place
    mask_hw = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask_hw[top : top + side, left : left + side] = 1
    box = (float(left), float(top), float(side), float(side))
    category, crowd, counts = more.get("category", 1), more.get("crowd", 0), rle.encode(mask_hw)["counts"]
    return Annotation(number, image_id, category, box, float(side**2), crowd, counts)


def squares(
    places: dict[str, list[Square]], *, names: tuple[str, ...] = ("circle", "star"), folder: Path | None = None
) -> Dataset:
    """Make a dataset of squares by file name, classes in turn; pictures are drawn where a `folder` is given."""
    images: list[ImageRecord] = []
    objects: list[Annotation] = []
    for image_id, (name, own) in enumerate(places.items(), start=1):
        path = None if folder is None else folder / f"{image_id}.png"
        if path is not None:
            Image.new("RGB", (WIDTH, HEIGHT), (90, 90, 90)).save(path)
        images.append(ImageRecord(image_id, name, WIDTH, HEIGHT, path))
        for place in own:
            category = 1 + len(objects) % len(names)
            objects.append(square(len(objects) + 1, image_id, place, category=category))
    categories = tuple(Category(number, name) for number, name in enumerate(names, start=1))
    return Dataset(categories, tuple(images), tuple(objects))
