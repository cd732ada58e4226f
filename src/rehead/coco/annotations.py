"""The annotation table of a COCO file: ids that lead somewhere, masks, boxes, areas and crowd flags that agree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehead.coco.boxes import read_area, read_box
from rehead.coco.faults import FileFaults
from rehead.coco.orientation import turned
from rehead.coco.records import Annotation, Category
from rehead.coco.segmentations import Mask, read_segmentation
from rehead.coco.structure import read_id


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame that an image's annotations are in: height and width, and the EXIF turn that makes it upright."""

    height: int
    width: int
    orientation: int = 1


@dataclass(frozen=True)
class Targets:
    """What annotations may point at: frames by image id, aliases of image ids, all image ids met, categories by id."""

    frames: Mapping[int, Frame]
    alias: Mapping[int, int]
    met: set[int]
    categories: Mapping[int, Category]


class AnnotationReader:
    """Reads one annotation after the other, and remembers ids and contents to find repeated ones."""

    def __init__(self, targets: Targets, faults: FileFaults) -> None:
        self._targets = targets
        self._faults = faults
        self._ids: set[int] = set()
        self._contents: set[tuple[object, ...]] = set()

    def read(self, at: int, entry: dict[str, Any]) -> Annotation | None:
        """Read entry `at` of the table, upright; None if it cannot stay or its image has gone."""
        where, faults = f"annotations[{at}]", self._faults
        number = self._number(entry, where)
        image_id = self._image(entry, where)
        category_id = self._category(entry, where)
        iscrowd = read_iscrowd(entry, where, faults)
        frame = self._targets.frames.get(image_id) if image_id is not None else None
        if frame is None or image_id is None:
            return None
        mask = read_segmentation(entry, frame.height, frame.width, where, faults)
        if mask is None:
            return None
        box = read_box(entry, mask, frame.height, frame.width, where, faults)
        area = read_area(entry, mask, where, faults)
        if number is None or category_id is None or iscrowd is None or box is None or area is None:
            return None
        if iscrowd and type(entry["segmentation"]) is list and not self._crowd_polygon(where):
            return None
        found = Annotation(number, image_id, category_id, box, area, iscrowd, mask.counts)
        if self._is_repeated(found, mask, where):
            return None
        return turned(found, frame.orientation, frame.height, frame.width)

    def _number(self, entry: dict[str, Any], where: str) -> int | None:
        if "id" not in entry:
            action = self._faults.add("annotation-id-missing", where, "the annotation has no id: numbered anew")
            return 0 if action == "repair" else None
        number = read_id(entry, "id", where, self._faults)
        if number is None:
            return None
        if number in self._ids:
            text = f"duplicate annotation id {number}"
            if self._faults.add("annotation-id-duplicate", f"{where}.id", text, value=number) != "repair":
                return None
        if number == 0:
            self._faults.add("annotation-id-zero", f"{where}.id", "annotation id 0 is `no match` to COCO: renumbered")
        self._ids.add(number)
        return number

    def _image(self, entry: dict[str, Any], where: str) -> int | None:
        number = read_id(entry, "image_id", where, self._faults)
        if number is None:
            return None
        if number not in self._targets.met:
            text = f"image_id {number} is not in images: unknown image"
            self._faults.add("image-unknown", f"{where}.image_id", text, value=number)
        return self._targets.alias.get(number, number)

    def _category(self, entry: dict[str, Any], where: str) -> int | None:
        number = read_id(entry, "category_id", where, self._faults)
        if number is None or number in self._targets.categories:
            return number
        text = f"category_id {number} is not in categories: unknown category"
        self._faults.add("category-unknown", f"{where}.category_id", text, value=number)
        return None

    def _crowd_polygon(self, where: str) -> bool:
        text = "iscrowd is 1 with a polygon: read as a region to ignore, never a training target"
        return self._faults.keeps("crowd-polygon", f"{where}.iscrowd", text)

    def _is_repeated(self, found: Annotation, mask: Mask, where: str) -> bool:
        """Find an object annotated twice; says whether the second goes."""
        content = (found.image_id, found.category_id, found.iscrowd, found.bbox, mask.counts)
        if content not in self._contents:
            self._contents.add(content)
            return False
        text = f"duplicate: image {found.image_id} has this very annotation already, under another id"
        return not self._faults.keeps("annotation-duplicate", where, text)


def read_iscrowd(entry: dict[str, Any], where: str, faults: FileFaults) -> int | None:
    """Read the crowd flag as 0 or 1; None if the annotation cannot stay."""
    value = entry.get("iscrowd")
    if type(value) is int and value in (0, 1):
        return value
    path = f"{where}.iscrowd"
    if value is None:
        return 0 if faults.keeps("iscrowd-missing", path, "iscrowd is missing: read as 0") else None
    if type(value) in (bool, float) and value in (0, 1):
        text = f"iscrowd is {value}, read as {int(value)}"
        return int(value) if faults.keeps("iscrowd-bool", path, text, value=value) else None
    faults.add("iscrowd-invalid", path, "iscrowd must be 0 or 1", value=value)
    return None
