"""YOLO segmentation: a text file beside each image, with a line `class x1 y1 x2 y2 ...` for each object.

Coordinates are shares of the image's width and height, upright as its EXIF data say. An image without a label file
shows no object.
"""

import re
from pathlib import Path

from rehead.coco.formats.class_files import YAML_SUFFIXES, class_file, read_class_names
from rehead.coco.formats.draft import Draft
from rehead.coco.formats.format import Format, Found
from rehead.coco.formats.pairs import Pair, pairs_in
from rehead.coco.formats.sizes import upright_size
from rehead.coco.image_files import ImageFolder
from rehead.coco.image_pool import Inspector
from rehead.coco.json_file import Document
from rehead.coco.part_faults import PartFaults
from rehead.coco.parts import Part, SourceError
from rehead.progress import followed

_LABELS = ("labels", "label")
_CLASS_LISTS = {"classes", "labels", "obj"}
_LARGEST = 64 << 20
_SLACK = 0.01
"""Share of the image that a coordinate may lie outside of it: rounding, and outlines drawn over the border."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_BOX = 5
_SHORTEST = 7


def find(path: Path) -> Found:
    """Find images/ and labels/ with text files; raises SourceError if no file names their classes."""
    named = path.is_file() and path.suffix.lower() in YAML_SUFFIXES
    folder = path.parent if named else path
    pairs = [pair for pair in pairs_in(folder, _LABELS) if _has_texts(pair.labels)] if folder.is_dir() else []
    if not pairs:
        return Found()
    classes = path if named else class_file(folder) or class_file(_labels_root(pairs[0], folder))
    if classes is None:
        raise SourceError(
            f"{folder} has YOLO labels in {pairs[0].labels}, but no data.yaml or classes.txt names classes"
        )
    splits: dict[str, tuple[Part, ...]] = {}
    for pair in pairs:
        splits[pair.split] = (*splits.get(pair.split, ()), Part(pair.labels, pair.images, "yolo", classes))
    return Found(splits)


def read(part: Part, faults: PartFaults, _: Inspector) -> Document | None:
    """Read all label files of one folder; None if the class names cannot be read."""
    assert part.images is not None
    assert part.classes is not None
    names = read_class_names(part.classes, faults)
    if names is None:
        return None
    draft = Draft()
    for index in sorted(names):
        draft.add_class(names[index], f"{part.classes.name} names[{index}]")
    waiting = {file.relative_to(part.file).as_posix() for file in part.file.rglob("*.txt") if file.is_file()}
    pictures = sorted(ImageFolder(part.images).listing)
    for name in followed(pictures, total=len(pictures), what="labels read"):
        label = Path(name).with_suffix(".txt").as_posix()
        size = upright_size(part.images / name)
        image = draft.add_image(name, size, name)
        if (part.file / label).is_file() and size is not None:
            _read_labels(part.file / label, names, draft, image, size, faults.below(label))
        waiting.discard(label)
    for label in sorted(name for name in waiting if Path(name).stem not in _CLASS_LISTS):
        faults.below(label).add("label-unpaired", "", f"no image in {part.images} has this name")
    return draft.document()


def _read_labels(
    path: Path, names: dict[int, str], draft: Draft, image: int, size: tuple[int, int], faults: PartFaults
) -> None:
    """Add the objects of one image of `size` width and height."""
    try:
        if path.stat().st_size > _LARGEST:
            faults.add("label-file", "", f"has {path.stat().st_size} bytes, over the limit {_LARGEST}")
            return
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        faults.add("label-file", "", f"cannot be read: {error}")
        return
    for number, line in enumerate(lines, start=1):
        words = line.split()
        where = f"line {number}"
        numbers = _numbers(words, where, faults) if words else None
        if numbers is None:
            continue
        if numbers[0] not in names:
            text = f"class {words[0]} is not among the {len(names)} names, which count from 0"
            faults.add("label-class", where, text, value=words[0])
            continue
        category = draft.add_class(names[int(numbers[0])], "")
        polygon = [share * size[at % 2] for at, share in enumerate(numbers[1:])]
        draft.add_object(image, category, [polygon], f"{faults.prefix} {where}")


def _numbers(words: list[str], where: str, faults: PartFaults) -> list[float] | None:
    """Read a line as a class and the shares of a polygon's points; None with the fault noted."""
    wrong = next((word for word in words if not _NUMBER.fullmatch(word)), None)
    if wrong is not None:
        faults.add("label-line", where, "the line has a word that is no number", value=wrong)
        return None
    numbers = [float(word) for word in words]
    outside = next((share for share in numbers[1:] if not -_SLACK <= share <= 1 + _SLACK), None)
    if len(words) == _BOX:
        faults.add("label-box", where, "the line holds a class and a box: a box alone gives no mask")
    elif len(words) < _SHORTEST or len(words) % 2 == 0:
        text = f"the line holds {len(words) - 1} numbers after the class: x, y pairs of three or more points are needed"
        faults.add("label-line", where, text)
    elif outside is not None:
        faults.add("label-range", where, "a coordinate is no share of the image's side, 0..1", value=outside)
    else:
        return numbers
    return None


def _has_texts(folder: Path) -> bool:
    return any(file.is_file() for file in folder.rglob("*.txt"))


def _labels_root(pair: Pair, folder: Path) -> Path:
    """Name the folder that holds the labels of all splits."""
    return pair.labels if pair.labels.parent == folder else pair.labels.parent


YOLO = Format(
    layout="YOLO segmentation (data.yaml, images/train with labels/train or train/images with train/labels)",
    find=find,
    read=read,
    whole_folder=True,
)
