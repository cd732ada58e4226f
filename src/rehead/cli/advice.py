"""Settings that fit a dataset, each with its reason: numbers in, advice out."""

import math
import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rehead.coco.sources import SourceError
from rehead.files import read_json

_SIZES = (160, 224, 320, 448, 640, 800)
_SEEN_PIXELS = 16
_STEPS = 600


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Sizes of a dataset: shorter sides of images and square roots of box areas in pixels, objects by image.

    Boxes without a positive width and height are left out of `object_sides` and counted in `unusable`.
    """

    sides: tuple[float, ...]
    object_sides: tuple[float, ...]
    most_objects: int
    unusable: int = 0

    @property
    def images(self) -> int:
        """Number of images."""
        return len(self.sides)


@dataclass(frozen=True)
class Advice:
    """One value for params.yaml and why."""

    section: str
    key: str
    value: int | str
    because: str


def survey(files: Iterable[Path]) -> Survey:
    """Measure COCO files by their JSON alone; raises SourceError if one is not readable as COCO."""
    sides: list[float] = []
    object_sides: list[float] = []
    most = unusable = 0
    for file in files:
        try:
            content = read_json(file)
            sides += [float(min(image["width"], image["height"])) for image in content["images"]]
            boxes = [annotation["bbox"] for annotation in content["annotations"]]
            usable = [box for box in boxes if 0 < box[2] < math.inf and 0 < box[3] < math.inf]
            object_sides += [float(box[2] * box[3]) ** 0.5 for box in usable]
            unusable += len(boxes) - len(usable)
            counts = Counter(annotation["image_id"] for annotation in content["annotations"])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise SourceError(
                f"{file} cannot be read as COCO ({type(error).__name__}: {error}): see `rehead check`"
            ) from None
        most = max([most, *counts.values()])
    if not sides:
        raise SourceError("the dataset has no images")
    return Survey(sides=tuple(sides), object_sides=tuple(object_sides), most_objects=most, unusable=unusable)


def advise(found: Survey, *, batch_size: int) -> list[Advice]:
    """Choose input size, detections, freezing, and epochs at `batch_size` images a step."""
    side = statistics.median(found.sides)
    return [_input_size(found, side), _detections(found), _freeze(found), _epochs(found, batch_size)]


def _input_size(found: Survey, side: float) -> Advice:
    """Take the smallest size at which nine of ten objects are visible, never above the images' own."""
    ordered = sorted(found.object_sides)
    small = ordered[len(ordered) // 10] if ordered else side
    enough = [size for size in _SIZES if small * size / side >= _SEEN_PIXELS]
    own = [size for size in _SIZES if size <= side] or [_SIZES[0]]
    size = min(enough[0] if enough else own[-1], own[-1])
    return Advice(
        "model",
        "input_size",
        size,
        f"nine of ten objects are {small * size / side:.0f} px or more, from images of {side:.0f} px",
    )


def _detections(found: Survey) -> Advice:
    number = max(100, -(-found.most_objects * 5 // 4 // 50) * 50)
    return Advice("model", "max_detections", number, f"the fullest image holds {found.most_objects} objects")


def _freeze(found: Survey) -> Advice:
    if found.images < 1000:
        return Advice(
            "train", "freeze", "backbone", f"{found.images} images are few: the trunk keeps what it learned elsewhere"
        )
    return Advice("train", "freeze", "none", f"{found.images} images are enough to train the trunk as well")


def _epochs(found: Survey, batch_size: int) -> Advice:
    steps = max(1, found.images // batch_size)
    number = min(50, max(5, round(_STEPS / steps)))
    return Advice("train", "epochs", number, f"about {number * steps} steps of {batch_size} images")
