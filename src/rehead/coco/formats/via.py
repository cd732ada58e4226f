"""VGG Image Annotator (VIA 1 and 2): a project file or an export of annotations, with regions for each image.

The class of a region is the one attribute that regions have; of several, the one called class, label, name, type,
category or object. Without any attribute all regions are of one class, `object`.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rehead.coco.decoding import ImageError
from rehead.coco.faults import shortened
from rehead.coco.formats.annotation_files import annotation_files, found_files
from rehead.coco.formats.draft import Draft
from rehead.coco.formats.format import Format, Found
from rehead.coco.formats.image_roots import image_root
from rehead.coco.formats.json_kinds import kind_of
from rehead.coco.formats.mask_document import ONE_CLASS
from rehead.coco.formats.outline import ShapeError, ellipse, finite, rectangle
from rehead.coco.formats.sizes import upright_size
from rehead.coco.image_files import ImageFolder
from rehead.coco.image_pool import Inspector
from rehead.coco.json_file import Document, load_json
from rehead.coco.part_faults import PartFaults
from rehead.coco.parts import WHOLE, Part

_CLASS_NAMES = ("class", "label", "name", "type", "category", "object")
_METADATA = "_via_img_metadata"


def find(path: Path) -> Found:
    """Find VIA files."""
    if path.is_file():
        return Found({WHOLE: (Part(path, image_root(path), "via"),)} if kind_of(path) == "via" else {})
    files = {file: split for file, split in annotation_files(path).items() if kind_of(file) == "via"}
    return found_files(path, files, "via")


def read(part: Part, faults: PartFaults, _: Inspector) -> Document | None:
    """Read one file; None if it is none of VIA's, or leaves open which attribute is the class."""
    document = load_json(part.file, faults)
    if document is None:
        return None
    entries = document.value.get(_METADATA, document.value) if type(document.value) is dict else None
    if type(entries) is not dict or not all(type(entry) is dict for entry in entries.values()):
        faults.add("shape-invalid", _METADATA, "is no VIA file: it has no object with an entry for each image")
        return None
    regions = {key: _regions(entry) for key, entry in entries.items()}
    attribute = _class_attribute(regions.values(), faults)
    if attribute is None:
        return None
    draft = Draft()
    folder = None if part.images is None else ImageFolder(part.images)
    for key, entry in entries.items():
        name = entry.get("filename")
        if type(name) is not str or not name:
            faults.add("shape-invalid", shortened(key), "the entry has no filename", value=name)
            continue
        image = draft.add_image(name, _size(name, folder), shortened(name))
        for at, region in regions[key].items():
            where = f"{shortened(name)} regions[{at}]"
            try:
                outline = _outline(region)
                label = _label(region, attribute)
            except ShapeError as error:
                faults.add(error.code, where, str(error), value=region)
                continue
            draft.add_object(image, draft.add_class(label, where), [outline], where)
    return draft.document()


def _regions(entry: dict[str, Any]) -> dict[str, Any]:
    """Number the regions of an image: VIA 1 has an object of them, VIA 2 a list; all else is one unsound region."""
    regions = entry.get("regions", [])
    if type(regions) is list:
        return {str(at): region for at, region in enumerate(regions)}
    return regions if type(regions) is dict else {"": regions}


def _class_attribute(regions: Iterable[dict[str, Any]], faults: PartFaults) -> str | None:
    """Choose the attribute that names the class, an empty text if there is none; None if that stays open."""
    attributes = [_attributes(region) for inner in regions for region in inner.values()]
    counts = Counter(name for found in attributes for name in found)
    if not counts:
        text = f"no region has an attribute: all are read as the class {ONE_CLASS}"
        return "" if not attributes or faults.keeps("class-unnamed", "", text) else None
    usual = [name for wanted in _CLASS_NAMES for name in counts if name.lower() == wanted]
    if len(counts) == 1 or usual:
        return usual[0] if usual else next(iter(counts))
    names = ", ".join(map(shortened, counts))
    faults.add("class-ambiguous", "", f"regions have the attributes {names}: which one is the class?")
    return None


def _attributes(region: Any) -> dict[str, Any]:
    found = region.get("region_attributes") if type(region) is dict else None
    return found if type(found) is dict else {}


def _label(region: dict[str, Any], attribute: str) -> str:
    """Read the class of a region; raises ShapeError unless it is one."""
    if not attribute:
        return ONE_CLASS
    value = _attributes(region).get(attribute)
    if type(value) is dict:  # a checkbox: the boxes that are ticked
        ticked = [name for name, on in value.items() if on is True]
        value = ticked[0] if len(ticked) == 1 else None
    if type(value) is not str or not value.strip():
        raise ShapeError("shape-class", f"the region's attribute {shortened(attribute)} does not name one class")
    return value


def _outline(region: Any) -> list[float]:
    """Read the outline of a region; raises ShapeError unless it is an area."""
    shape = region.get("shape_attributes") if type(region) is dict else None
    if type(shape) is not dict:
        raise ShapeError("shape-invalid", "the region has no shape_attributes")
    kind = shape.get("name")
    if kind == "polygon":
        xs, ys = (finite(shape.get(key), key) for key in ("all_points_x", "all_points_y"))
        if len(xs) != len(ys):
            raise ShapeError("shape-invalid", f"the polygon has {len(xs)} x and {len(ys)} y coordinates")
        return [side for point in zip(xs, ys, strict=True) for side in point]
    if kind == "rect":
        x, y, width, height = _numbers(shape, "x", "y", "width", "height")
        return rectangle(x, y, x + width, y + height)
    if kind == "circle":
        x, y, radius = _numbers(shape, "cx", "cy", "r")
        return ellipse(x, y, radius, radius)
    if kind == "ellipse":
        return ellipse(*_numbers(shape, "cx", "cy", "rx", "ry"), turn=_numbers({"theta": 0, **shape}, "theta")[0])
    text = f"a {shortened(kind)} is no area that is read: draw a polygon, rect, circle or ellipse"
    raise ShapeError("shape-type", text)


def _numbers(shape: dict[str, Any], *keys: str) -> list[float]:
    return finite([shape.get(key) for key in keys], " and ".join(keys))


def _size(name: str, folder: ImageFolder | None) -> tuple[int, int] | None:
    """Read an image's size where its name leads to a file; where not, the reader will tell."""
    try:
        return None if folder is None else upright_size(folder.find(name)[0])
    except ImageError:
        return None


VIA = Format(
    layout="VGG Image Annotator (via_region_data.json or a project file, beside the images)",
    find=find,
    read=read,
    open_classes=True,
)
