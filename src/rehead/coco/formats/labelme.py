"""labelme: a JSON file for each image, with polygons, rectangles and circles.

Shapes of one label with the same group_id are parts of one object. The image is the one that imagePath names, below
the dataset's folder; embedded pixels (imageData) are not read.
"""

import glob
import math
import os
from pathlib import Path, PureWindowsPath
from typing import Any

from rehead.coco.faults import shortened
from rehead.coco.formats.draft import Draft
from rehead.coco.formats.format import Format, Found
from rehead.coco.formats.json_kinds import json_files, kind_of
from rehead.coco.formats.outline import ShapeError, ellipse, finite, rectangle
from rehead.coco.formats.sizes import upright_size
from rehead.coco.formats.split_names import split_folders, subfolders
from rehead.coco.image_files import ImageFolder, is_image_name
from rehead.coco.image_pool import Inspector
from rehead.coco.json_file import Document, load_json
from rehead.coco.part_faults import PartFaults
from rehead.coco.parts import WHOLE, Part
from rehead.progress import followed

_LARGEST_SIDE = 1 << 20


def find(path: Path) -> Found:
    """Find JSON files with shapes: in the folders of splits, or in a folder or one below it."""
    if path.is_file():
        return Found({WHOLE: (Part(path, path.parent, "labelme"),)} if kind_of(path) == "labelme" else {})
    splits: dict[str, tuple[Part, ...]] = {}
    for folder, split in split_folders(path).items():
        if _json_files(folder):
            splits[split] = (*splits.get(split, ()), Part(folder, folder, "labelme"))
    if "train" in splits:
        return Found(splits)
    return Found({WHOLE: (Part(path, path, "labelme"),)} if _json_files(path) else {})


def read(part: Part, faults: PartFaults, _: Inspector) -> Document | None:
    """Read all JSON files of one folder, or one file."""
    draft = Draft()
    root = part.file if part.file.is_dir() else part.file.parent
    folder = ImageFolder(root)
    files = _json_files(root) if part.file.is_dir() else [part.file]
    for file in followed(files, total=len(files), what="labels read"):
        name = file.relative_to(root).as_posix()
        below = faults.below(name if part.file.is_dir() else "")
        document = load_json(file, below)
        if document is not None:
            _read_file(file, name, document.value, folder, draft, below)
    return draft.document()


def _read_file(file: Path, name: str, value: Any, folder: ImageFolder, draft: Draft, faults: PartFaults) -> None:
    """Add one image and its objects."""
    shapes = value.get("shapes") if type(value) is dict else None
    if type(shapes) is not list:
        faults.add("shape-invalid", "shapes", "has no list `shapes`", value=shapes)
        return
    try:
        image_name = _image_name(value.get("imagePath"), file, folder)
        size = _size(value) or upright_size(folder.root / image_name)
    except ShapeError as error:
        faults.add(error.code, "", str(error))
        return
    image = draft.add_image(image_name, size, name)
    objects: dict[tuple[Any, ...], tuple[str, list[list[float]], list[int]]] = {}
    for at, shape in enumerate(shapes):
        try:
            label, group, outline = _shape(shape)
        except ShapeError as error:
            faults.add(error.code, f"shapes[{at}]", str(error), value=shape)
            continue
        _, parts, places = objects.setdefault(
            (label, at) if group is None else (label, "group", group), (label, [], [])
        )
        parts.append(outline)
        places.append(at)
    for label, parts, places in objects.values():
        where = f"{name} shapes[{', '.join(map(str, places))}]"
        draft.add_object(image, draft.add_class(label, where), parts, where)


def _shape(value: Any) -> tuple[str, int | str | None, list[float]]:
    """Read one shape as its label, its group and the outline of its area; raises ShapeError."""
    if type(value) is not dict:
        raise ShapeError("shape-invalid", "the shape is no object")
    label, group, points = value.get("label"), value.get("group_id"), value.get("points")
    if type(label) is not str or not label.strip():
        raise ShapeError("shape-class", "the shape has no label that is text")
    if group is not None and type(group) not in (int, str):
        raise ShapeError("shape-invalid", "group_id is neither a number nor text")
    if type(points) is not list or not all(type(point) is list and len(point) == 2 for point in points):
        raise ShapeError("shape-invalid", "points are no list of x, y pairs")
    numbers = finite([number for point in points for number in point], "points")
    kind = value.get("shape_type") or "polygon"
    if kind == "polygon" or (kind == "rectangle" and len(points) == 4):
        return label, group, numbers
    if kind not in ("rectangle", "circle"):
        text = f"a {shortened(kind)} is no area that is read: draw a polygon, rectangle or circle"
        raise ShapeError("shape-type", text)
    if len(points) != 2:
        raise ShapeError("shape-invalid", f"a {kind} has two points, not {len(points)}")
    x1, y1, x2, y2 = numbers
    radius = math.hypot(x2 - x1, y2 - y1)
    return label, group, rectangle(*numbers) if kind == "rectangle" else ellipse(x1, y1, radius, radius)


def _size(value: dict[str, Any]) -> tuple[int, int] | None:
    """Read width and height, if they are given; raises ShapeError."""
    size = value.get("imageWidth"), value.get("imageHeight")
    if size == (None, None):
        return None
    if not all(type(side) is int and 0 < side <= _LARGEST_SIDE for side in size):
        raise ShapeError("size-invalid", f"imageWidth and imageHeight are {shortened(size)}, not two positive integers")
    return size  # type: ignore[return-value]


def _image_name(given: Any, file: Path, folder: ImageFolder) -> str:
    """Find the image below the folder: where imagePath says, else by its name alone; raises ShapeError."""
    if type(given) is not str or not given or "\0" in given:
        raise ShapeError("shape-invalid", f"imagePath is {shortened(given)}, not the name of an image")
    path = PureWindowsPath(given).as_posix()  # labelme on Windows writes backslashes
    start = file.parent.relative_to(folder.root).as_posix()
    name = path.rpartition("/")[2]
    for candidate in (os.path.normpath(f"{start}/{path}"), os.path.normpath(f"{start}/{name}")):
        if candidate in folder.listing:
            return candidate
    same = [listed for listed in folder.listing if listed.rpartition("/")[2] == name]
    return same[0] if len(same) == 1 else os.path.normpath(f"{start}/{name}")


def _json_files(folder: Path) -> list[Path]:
    """List the JSON files that labelme wrote in a folder or one below; with the damaged ones that lie by an image."""
    files = [file for place in (folder, *subfolders(folder)) for file in json_files(place)]
    kinds = {file: kind_of(file) for file in files}
    if "labelme" not in kinds.values():
        return []
    return [file for file, kind in kinds.items() if kind == "labelme" or (not kind and _has_image(file))]


def _has_image(file: Path) -> bool:
    return any(
        entry.stem == file.stem and is_image_name(entry.name)
        for entry in file.parent.glob(f"{glob.escape(file.stem)}.*")
    )


LABELME = Format(
    layout="labelme (a JSON with shapes for each image)",
    find=find,
    read=read,
    open_classes=True,
)
