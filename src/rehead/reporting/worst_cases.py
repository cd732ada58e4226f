"""Which pictures of a dataset a person should look at first, and why each of them."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from rehead.coco.measurements import Measurements, measure
from rehead.coco.overlap import largest_ious
from rehead.coco.records import Annotation, Dataset, ImageRecord
from rehead.coco.statistics import distinct, touching_m
from rehead.coco.windows import Window
from rehead.reporting.wording import plain, shortened

GROUPS = {
    "crowded": "Most crowded",
    "smallest": "Smallest objects",
    "border": "Cut off by the border",
    "overlapping": "Most overlapping",
    "empty": "Without any object: is nothing there?",
    "typical": "Typical objects, picked by chance",
}
_MOST_CLASSES = 12
_LEAST_OVERLAP = 0.1
_LEAST_VIEW = 32
_LONGEST_NAME = 28


@dataclass(frozen=True)
class Case:
    """A picture of a group and why it is there; `view` is the part to show, `focus` the box (x, y, w, h) it is about.

    `names` are all classes by category id, `objects` the annotations in view, crowd regions too.
    """

    group: str
    because: str
    split: str
    image: ImageRecord
    names: Mapping[int, str]
    objects: tuple[Annotation, ...]
    view: Window
    focus: tuple[float, ...] | None


@dataclass(frozen=True)
class _Choice:
    """The place of an image in the measurements, and of one of its objects to zoom in on, with `margin` of its side."""

    group: str
    image: int
    because: str
    focus: int | None = None
    margin: float = 0.0


def find_cases(splits: Mapping[str, Dataset], *, each: int = 4, seed: int = 0) -> list[Case]:
    """Choose up to `each` pictures a group, the worst first, and a typical object of each of the 12 largest classes.

    Pictures whose files were not looked at are left out, and a split that is another once more.
    """
    named = distinct(splits)
    measured = measure(named.values())
    rules = (_crowded, _smallest, _on_border, _overlapping)
    choices = [choice for rule in rules for choice in rule(measured, each)]
    choices += [*_empty(measured, each, seed), *_typical(measured, seed)]
    places = [(name, image) for name, data in named.items() for image in data.images]
    shown = [choice for choice in choices if places[choice.image][1].path is not None]
    objects = _objects_of(named, {(places[choice.image][0], places[choice.image][1].id) for choice in shown})
    cases = []
    for choice in shown:
        split, image = places[choice.image]
        focus = None if choice.focus is None else tuple(measured.boxes_m4[choice.focus].tolist())
        names = {category.id: category.name for category in named[split].categories}
        view = _view(image, focus, choice.margin)
        found = tuple(a for a in objects[split, image.id] if view.meets(_around(a.bbox)))
        cases.append(Case(choice.group, choice.because, split, image, names, found, view, focus))
    return cases


def _objects_of(splits: Mapping[str, Dataset], wanted: set[tuple[str, int]]) -> dict[tuple[str, int], list[Annotation]]:
    """Gather the annotations of some images, in one pass over all."""
    found: dict[tuple[str, int], list[Annotation]] = {key: [] for key in wanted}
    for name, data in splits.items():
        for annotation in data.annotations:
            if (key := (name, annotation.image_id)) in found:
                found[key].append(annotation)
    return found


def _view(image: ImageRecord, focus: tuple[float, ...] | None, margin: float) -> Window:
    """Show the whole picture, or a square around an object, moved so that it lies in the picture."""
    if focus is None:
        return Window(0, 0, image.width, image.height)
    x, y, wide, high = focus
    side = math.ceil(max(_LEAST_VIEW, max(wide, high) * (1 + 2 * margin)))
    width, height = min(side, image.width), min(side, image.height)
    left = min(max(round(x + wide / 2 - width / 2), 0), image.width - width)
    top = min(max(round(y + high / 2 - height / 2), 0), image.height - height)
    return Window(left, top, width, height)


def _around(box: tuple[float, float, float, float]) -> Window:
    """Widen a box to whole pixels."""
    left, top, right, bottom = math.floor(box[0]), math.floor(box[1]), box[0] + box[2], box[1] + box[3]
    return Window(left, top, math.ceil(right) - left, math.ceil(bottom) - top)


def _crowded(measured: Measurements, each: int) -> Iterator[_Choice]:
    counts_n = measured.objects_n
    for rank, image in enumerate(np.argsort(-counts_n, kind="stable")[:each]):
        if counts_n[image] > 1:
            end = ", the most in one image" if rank == 0 else ""
            yield _Choice("crowded", int(image), f"{plain(int(counts_n[image]))} objects{end}")


def _smallest(measured: Measurements, each: int) -> Iterator[_Choice]:
    for at in _one_an_image(np.argsort(measured.areas_m, kind="stable"), measured, each):
        wide, high = measured.boxes_m4[at, 2:]
        name, area = _class_of(at, measured), plain(int(measured.areas_m[at]))
        text = f"{name} of {area} px², {wide:.0f} × {high:.0f} px"
        yield _Choice("smallest", int(measured.image_m[at]), text, at, margin=3.0)


def _on_border(measured: Measurements, each: int) -> Iterator[_Choice]:
    counts_n, number = measured.objects_n, len(measured.file_names)
    cut_n = np.bincount(measured.image_m[touching_m(measured)], minlength=number)
    crowded = {choice.image for choice in _crowded(measured, each)} if number > 2 * each else set()
    ranked = [int(image) for image in np.argsort(-cut_n, kind="stable") if image not in crowded and cut_n[image]]
    for image in ranked[:each]:
        total = plain(int(counts_n[image]))
        one = "1 object touches" if cut_n[image] == 1 else f"{plain(int(cut_n[image]))} of {total} objects touch"
        yield _Choice("border", image, f"{one} the border")


def _overlapping(measured: Measurements, each: int) -> Iterator[_Choice]:
    best = largest_ious(measured.boxes_m4, measured.image_m) if len(measured.boxes_m4) else None
    if best is None:
        return
    for at in _one_an_image(np.argsort(-best, kind="stable"), measured, each):
        if best[at] > _LEAST_OVERLAP:
            text = f"{_class_of(at, measured)}, IoU {best[at]:.2f} with another box"
            yield _Choice("overlapping", int(measured.image_m[at]), text, at, margin=0.75)


def _empty(measured: Measurements, each: int, seed: int) -> Iterator[_Choice]:
    """Draw some of the images that count as background: one that was forgotten teaches that its objects are none."""
    empty = np.flatnonzero((measured.objects_n == 0) & (measured.crowds_n == 0))
    for image in np.random.default_rng(seed).permutation(empty)[:each]:
        yield _Choice("empty", int(image), f"one of {plain(len(empty))} without an annotation")


def _typical(measured: Measurements, seed: int) -> Iterator[_Choice]:
    """Draw, for each of the most frequent classes, one object from the middle half of its sizes."""
    chance = np.random.default_rng(seed)
    counts = np.bincount(measured.label_m, minlength=len(measured.classes))
    for label in np.argsort(-counts, kind="stable")[:_MOST_CLASSES]:
        if counts[label]:
            own = np.flatnonzero(measured.label_m == label)
            ranked = own[np.argsort(measured.areas_m[own], kind="stable")]
            at = int(chance.choice(ranked[len(ranked) // 4 : max(len(ranked) * 3 // 4, len(ranked) // 4 + 1)]))
            text = (
                f"{_class_of(at, measured)}, {measured.areas_m[at] ** 0.5:.0f} px, one of {plain(int(counts[label]))}"
            )
            yield _Choice("typical", int(measured.image_m[at]), text, at, margin=1.0)


def _class_of(at: int, measured: Measurements) -> str:
    return shortened(measured.classes[measured.label_m[at]], longest=_LONGEST_NAME)


def _one_an_image(ranked: Iterable[int], measured: Measurements, each: int) -> list[int]:
    """Keep the first object of each image, until there are `each` of them."""
    kept: dict[int, int] = {}
    for at in ranked:
        if len(kept) == each:
            break
        kept.setdefault(int(measured.image_m[at]), int(at))
    return list(kept.values())
