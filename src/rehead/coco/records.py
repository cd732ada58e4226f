"""What a COCO file says once it has been checked: categories, images and annotations, all masks as run lengths.

`entry` is the object in the source that a record was read from, `extra` the source's fields beside the three lists:
both only where a reader was asked to keep them, for a copy that loses nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Category:
    """A class of objects under its id in the source."""

    id: int
    name: str
    entry: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What decoding a file told: hashes of its bytes and of its upright RGB pixels, stored size, EXIF orientation.

    `plain` says that any reader which converts to RGB finds these pixels in the file's own bytes. `look` is what near
    copies are found by (see `looks`); it is no part of any fingerprint.
    """

    sha256: str
    pixels: str
    width: int
    height: int
    orientation: int
    format: str
    mode: str
    plain: bool
    look: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image, upright: width and height in pixels; path and facts are None where no files were looked at."""

    id: int
    file_name: str
    width: int
    height: int
    path: Path | None = None
    facts: ImageFacts | None = None
    entry: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Annotation:
    """One object: bbox x, y, width, height and area in pixels, `counts` the compressed run lengths of its mask."""

    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    area: float
    iscrowd: int
    counts: str
    entry: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Dataset:
    """The sound part of one COCO file; `listed` counts the images and annotations in the file, sound or not."""

    categories: tuple[Category, ...]
    images: tuple[ImageRecord, ...]
    annotations: tuple[Annotation, ...]
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    listed: tuple[int, int] = field(default=(0, 0), compare=False, repr=False)


def chosen(dataset: Dataset, images: Iterable[ImageRecord]) -> Dataset:
    """Keep some of a dataset's images and their annotations."""
    kept = tuple(images)
    ids = {image.id for image in kept}
    return replace(dataset, images=kept, annotations=tuple(a for a in dataset.annotations if a.image_id in ids))
