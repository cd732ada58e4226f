"""A dataset in numbers, one array a quantity: what statistics, figures and advice are computed from.

Shapes: N images, M objects (crowd regions are left out and counted apart).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehead.coco.records import Dataset

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Measurements:
    """Images and objects of one or several splits.

    `sizes_n2` holds width and height of each image, `boxes_m4` x, y, width and height, `areas_m` the pixels of each
    mask, `image_m` the place of each object's image in `sizes_n2`, `label_m` the place of its class in `classes`, and
    `crowds_n` the number of crowd regions in each image.
    """

    classes: tuple[str, ...]
    file_names: tuple[str, ...]
    sizes_n2: Ints
    boxes_m4: Floats
    areas_m: Floats
    image_m: Ints
    label_m: Ints
    crowds_n: Ints

    @property
    def objects_n(self) -> Ints:
        """Objects in each image."""
        return np.bincount(self.image_m, minlength=len(self.file_names)).astype(np.int64)


def measure(datasets: Iterable[Dataset]) -> Measurements:
    """Measure datasets, whose category tables are laid together; an image that is in two of them counts twice."""
    splits = list(datasets)
    known = {category.id: category for data in reversed(splits) for category in data.categories}
    table = [known[number] for number in sorted(known)]
    labels = {category.id: label for label, category in enumerate(table)}
    images = [image for data in splits for image in data.images]
    places: list[int] = []
    crowds = np.zeros(len(images), np.int64)
    objects, start = [], 0
    for data in splits:
        at = {image.id: start + place for place, image in enumerate(data.images)}
        start += len(data.images)
        things = [a for a in data.annotations if not a.iscrowd]
        np.add.at(crowds, [at[a.image_id] for a in data.annotations if a.iscrowd], 1)
        places += [at[a.image_id] for a in things]
        objects += things
    return Measurements(
        classes=tuple(category.name for category in table),
        file_names=tuple(image.file_name for image in images),
        sizes_n2=np.array([(image.width, image.height) for image in images], np.int64).reshape(-1, 2),
        boxes_m4=np.array([a.bbox for a in objects], np.float64).reshape(-1, 4),
        areas_m=np.array([a.area for a in objects], np.float64),
        image_m=np.array(places, np.int64),
        label_m=np.array([labels[a.category_id] for a in objects], np.int64),
        crowds_n=crowds,
    )
