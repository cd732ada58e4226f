"""What a dataset is like, in numbers: classes, sizes, shapes, crowding, overlap. Undefined numbers are None.

An object's size is the side of the square of its mask's area. Crowd regions are counted, and nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rehead.coco.faults import printable
from rehead.coco.measurements import Floats, Measurements, measure
from rehead.coco.overlap import largest_ious
from rehead.coco.records import Dataset

SMALL, LARGE = 32, 96
"""Sizes in pixels below which COCO calls an object small, and from which it calls it large."""
INPUT_SIZES = (160, 224, 320, 448, 640, 800, 1024, 1333)
VISIBLE = (8, 16, 32)
"""Sizes in pixels that an object may need where the network sees it: 2, 4 and 8 cells of features of stride 4."""
DETECTION_LIMITS = (100, 200, 300, 500, 1000)
OVERLAPS = (0.1, 0.5)
LONGEST_TO_SHORTEST = 5 / 3
"""The longest side that the network sees, over `model.input_size`, where `model.max_size` does not say."""


@dataclass(frozen=True)
class Spread:
    """How values are spread: the smallest, the quantiles 0.1, 0.5 and 0.9, the largest, and the mean."""

    least: float
    tenth: float
    median: float
    ninetieth: float
    largest: float
    mean: float


@dataclass(frozen=True)
class ClassCount:
    """Objects of a class, and images that hold one."""

    name: str
    objects: int
    images: int


@dataclass(frozen=True)
class SizesSeen:
    """Objects as the network sees them at one input size: shares of COCO's three sizes and of those large enough."""

    input_size: int
    small: float
    medium: float
    large: float
    at_least: dict[int, float]
    """Least size in pixels to the share of objects that have it."""


@dataclass(frozen=True)
class Statistics:
    """One split, or all of them; sizes in pixels of the source, `overlapping` the shares by least box IoU."""

    images: int
    objects: int
    crowd_regions: int
    empty_images: int
    touching_border: int
    small: int
    medium: int
    large: int
    image_sides: Spread | None
    object_sizes: Spread | None
    aspect_ratios: Spread | None
    objects_an_image: Spread | None
    fullest_image: str | None
    above_limit: dict[int, int]
    """Number of detections to the images with more objects."""
    overlapping: dict[float, float] | None
    classes: tuple[ClassCount, ...]
    input_sizes: tuple[SizesSeen, ...]

    def as_dict(self) -> dict[str, Any]:
        """Write the statistics for JSON, whose keys are text."""
        written: dict[str, Any] = json.loads(json.dumps(asdict(self), allow_nan=False))
        return written


def describe_splits(splits: Mapping[str, Dataset], *, tile: int | None = None) -> dict[str, Any]:
    """Describe all splits together and each, for JSON; splits that are the same data count once in all."""
    parts = {name: describe(measure([data]), tile=tile).as_dict() for name, data in splits.items()}
    own = distinct(splits)
    whole = parts[next(iter(own))] if len(own) == 1 else describe(measure(own.values()), tile=tile).as_dict()
    return {"tile": tile, "all": whole, "splits": parts}


def distinct(splits: Mapping[str, Dataset]) -> dict[str, Dataset]:
    """Leave out splits that are the same data as one before them, as test is where `data.test` is `val`."""
    first = {id(data): name for name, data in reversed(list(splits.items()))}
    return {name: data for name, data in splits.items() if first[id(data)] == name}


def describe(measured: Measurements, *, tile: int | None = None) -> Statistics:
    """Compute all numbers; where images are cut, `tile` is the side of a tile in pixels."""
    sizes_m, objects_n = np.sqrt(measured.areas_m), measured.objects_n
    wide, high = measured.boxes_m4[:, 2:].T
    sized = (wide > 0) & (high > 0)
    return Statistics(
        images=len(objects_n),
        objects=len(sizes_m),
        crowd_regions=int(measured.crowds_n.sum()),
        empty_images=int(((objects_n == 0) & (measured.crowds_n == 0)).sum()),
        touching_border=int(touching_m(measured).sum()),
        small=int((sizes_m < SMALL).sum()),
        medium=int(((sizes_m >= SMALL) & (sizes_m < LARGE)).sum()),
        large=int((sizes_m >= LARGE).sum()),
        image_sides=spread_of(measured.sizes_n2.min(axis=1)) if len(objects_n) else None,
        object_sizes=spread_of(sizes_m),
        aspect_ratios=spread_of(wide[sized] / high[sized]),
        objects_an_image=spread_of(objects_n),
        fullest_image=printable(measured.file_names[int(objects_n.argmax())]) if len(sizes_m) else None,
        above_limit={limit: int((objects_n > limit).sum()) for limit in DETECTION_LIMITS},
        overlapping=_overlapping(measured),
        classes=_classes(measured),
        input_sizes=tuple(sizes_seen(measured, size, tile=tile) for size in INPUT_SIZES) if len(sizes_m) else (),
    )


def sizes_seen(
    measured: Measurements, input_size: int, *, max_size: float | None = None, tile: int | None = None
) -> SizesSeen:
    """Tell how large objects are at a `model.input_size`; there must be at least one object."""
    scale_n = scales(measured, input_size, max_size=max_size, tile=tile)
    sizes_m = np.sqrt(measured.areas_m) * scale_n[measured.image_m]
    small, large = float((sizes_m < SMALL).mean()), float((sizes_m >= LARGE).mean())
    at_least = {size: float((sizes_m >= size).mean()) for size in VISIBLE}
    return SizesSeen(input_size, small, float(((sizes_m >= SMALL) & (sizes_m < LARGE)).mean()), large, at_least)


def scales(
    measured: Measurements, input_size: int, *, max_size: float | None = None, tile: int | None = None
) -> Floats:
    """Return the factor of each image: the shorter side becomes `input_size`, the longer at most `max_size`."""
    sides_n2 = np.minimum(measured.sizes_n2, tile or np.inf)
    longest = max_size or input_size * LONGEST_TO_SHORTEST
    return np.asarray(np.minimum(input_size / sides_n2.min(axis=1), longest / sides_n2.max(axis=1)))


def touching_m(measured: Measurements) -> np.ndarray:
    """Tell which boxes end less than a pixel from their image's border."""
    corners_m2, ends_m2 = measured.boxes_m4[:, :2], measured.boxes_m4[:, :2] + measured.boxes_m4[:, 2:]
    limits_m2 = measured.sizes_n2[measured.image_m]
    return np.asarray(((corners_m2 < 1) | (ends_m2 > limits_m2 - 1)).any(axis=1))


def spread_of(values: ArrayLike) -> Spread | None:
    """Sum up values; None where there are none."""
    numbers = np.asarray(values, dtype=np.float64)
    if not len(numbers):
        return None
    return Spread(*map(float, (*np.quantile(numbers, [0, 0.1, 0.5, 0.9, 1]), numbers.mean())))


def _overlapping(measured: Measurements) -> dict[float, float] | None:
    best = largest_ious(measured.boxes_m4, measured.image_m) if len(measured.boxes_m4) else None
    return None if best is None else {least: float((best > least).mean()) for least in OVERLAPS}


def _classes(measured: Measurements) -> tuple[ClassCount, ...]:
    number = len(measured.classes)
    objects = np.bincount(measured.label_m, minlength=number)
    images = np.bincount(np.unique(measured.image_m * number + measured.label_m) % max(number, 1), minlength=number)
    return tuple(map(ClassCount, measured.classes, map(int, objects), map(int, images)))
