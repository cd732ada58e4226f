"""An object's mask, in whichever of COCO's three forms it was written, as compressed run lengths."""

from dataclasses import dataclass
from typing import Any

from rehead.coco import rle
from rehead.coco.faults import FileFaults
from rehead.coco.polygons import read_polygons
from rehead.coco.run_lengths import read_run_lengths


@dataclass(frozen=True, slots=True)
class Mask:
    """Compressed run lengths, the pixels they cover and their tight box x, y, width, height."""

    counts: str
    area: int
    box: tuple[float, float, float, float]


def read_segmentation(entry: dict[str, Any], height: int, width: int, where: str, faults: FileFaults) -> Mask | None:
    """Read the `segmentation` of an annotation in a height x width image; None if the annotation cannot stay."""
    path = f"{where}.segmentation"
    value = entry.get("segmentation")
    if type(value) is list:
        found = read_polygons(value, height, width, path, faults)
    elif type(value) is dict:
        found = read_run_lengths(value, height, width, path, faults)
    elif "segmentation" not in entry:
        faults.add("segmentation-missing", path, "the annotation has no segmentation: a box alone gives no mask")
        return None
    else:
        faults.add("segmentation-type", path, "the segmentation is neither polygons nor an RLE object", value=value)
        return None
    if found is None:
        return None
    area = rle.area(found)
    if area == 0:
        faults.add("mask-empty", path, "the segmentation is an empty mask: zero area inside the image; dropped")
        return None
    return Mask(found["counts"], area, rle.bounding_box(found))
