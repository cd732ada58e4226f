"""The set as a whole: something to train on, classes in use, pictures without objects, crowds, pictures twice."""

from collections import Counter, defaultdict
from dataclasses import replace

from rehead.coco.faults import FileFaults, shortened
from rehead.coco.records import Dataset

CROWDED = 100
"""Objects in an image above which COCO's limit of detections cuts recall."""
_NAMED = 5


def check_whole(data: Dataset, faults: FileFaults) -> Dataset:
    """Note what is odd about one file's images and annotations together; returns them with crowd flags repaired."""
    if not data.images:
        faults.add("images-none", "images", "no images are left: the dataset is empty")
        return data
    if not data.annotations:
        faults.add("annotations-none", "annotations", f"no annotations on {len(data.images)} images: AP is undefined")
        return data
    if all(a.iscrowd for a in data.annotations):
        text = f"all {len(data.annotations)} annotations are crowd (iscrowd 1), none to train on: read as objects"
        if faults.add("crowd-all", "annotations", text) == "repair":
            data = replace(data, annotations=tuple(replace(a, iscrowd=0) for a in data.annotations))
    _check_use(data, faults)
    _check_counts(data, faults)
    _check_repeats(data, faults)
    return data


def _check_use(data: Dataset, faults: FileFaults) -> None:
    used = {a.category_id for a in data.annotations}
    unused = [category.name for category in data.categories if category.id not in used]
    if unused:
        text = f"{len(unused)} of {len(data.categories)} categories unused (no annotations): {_some(unused)}"
        faults.add("category-unused", "categories", text)


def _check_counts(data: Dataset, faults: FileFaults) -> None:
    counts = Counter(a.image_id for a in data.annotations)
    empty = [image.file_name for image in data.images if not counts[image.id]]
    if empty:
        text = f"{len(empty)} of {len(data.images)} images have no annotations, kept as negatives: {_some(empty)}"
        faults.add("images-unannotated", "images", text)
    crowded = [image for image in data.images if counts[image.id] > CROWDED]
    crowded.sort(key=lambda image: -counts[image.id])
    if crowded:
        names = _some([f"{image.file_name} ({counts[image.id]})" for image in crowded])
        text = f"{len(crowded)} images have over {CROWDED} objects, COCO's limit of detections: {names}"
        faults.add("images-crowded", "images", text)


def _check_repeats(data: Dataset, faults: FileFaults) -> None:
    same: defaultdict[str, list[str]] = defaultdict(list)
    for image in data.images:
        if image.facts is not None:
            same[image.facts.pixels].append(image.file_name)
    for names in same.values():
        if len(names) > 1:
            faults.add("images-repeated", "images", f"{len(names)} images with the same pixels: {_some(names)}")


def _some(names: list[str]) -> str:
    """List the first few names."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(shortened(name) for name in names[:_NAMED]) + more
