"""What a COCO file says once it has been checked: categories, images and annotations, all masks as run lengths."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Category:
    """A class of objects under its id in the source."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What decoding a file told: hashes of its bytes and of its upright RGB pixels, stored size, EXIF orientation.

    `plain` says that any reader which converts to RGB finds these pixels in the file's own bytes.
    """

    sha256: str
    pixels: str
    width: int
    height: int
    orientation: int
    format: str
    mode: str
    plain: bool


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image, upright: width and height in pixels; path and facts are None where no files were looked at."""

    id: int
    file_name: str
    width: int
    height: int
    path: Path | None = None
    facts: ImageFacts | None = None


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


@dataclass(frozen=True)
class Dataset:
    """The sound part of one COCO file."""

    categories: tuple[Category, ...]
    images: tuple[ImageRecord, ...]
    annotations: tuple[Annotation, ...]
