"""One COCO file and its images, checked and turned into records."""

from pathlib import Path

from rehead.coco import rle
from rehead.coco.decoding import decode_image
from rehead.coco.faults import FaultLog
from rehead.coco.records import Annotation, Category, Dataset, ImageFacts, ImageRecord
from rehead.files import read_json, sha256_of


def read_dataset(file: Path, images: Path, log: FaultLog) -> Dataset:
    """Read one COCO file and its images; faults go to the log."""
    document = read_json(file)
    records = {}
    for entry in document["images"]:
        path = images / entry["file_name"]
        seen = decode_image(path.read_bytes())
        facts = ImageFacts(
            sha256_of(path), seen.digest, seen.width, seen.height, seen.orientation, seen.format, seen.mode
        )
        for code, text in seen.notes:
            log.add(code, file, f"images[{len(records)}].file_name", f"{entry['file_name']} {text}")
        records[entry["id"]] = ImageRecord(
            entry["id"], entry["file_name"], entry["width"], entry["height"], path, facts
        )
    annotations = []
    for a in document["annotations"]:
        image = records[a["image_id"]]
        mask = _mask(a["segmentation"], image)
        annotations.append(
            Annotation(
                a["id"], image.id, a["category_id"], tuple(a["bbox"]), a["area"], a["iscrowd"], mask["counts"]
            )
        )
    categories = tuple(Category(entry["id"], entry["name"]) for entry in document["categories"])
    return Dataset(categories, tuple(records.values()), tuple(annotations))


def _mask(segmentation, image):
    if isinstance(segmentation, list):
        return rle.polygons_to_rle(segmentation, image.height, image.width)
    if isinstance(segmentation["counts"], list):
        return rle.counts_to_rle(segmentation["counts"], image.height, image.width)
    return segmentation
