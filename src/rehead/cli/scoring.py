"""Scoring of COCO files: truth and results pass the strict readers before an evaluator sees them."""

from pathlib import Path
from typing import Any

from rehead.coco.checking import report_on
from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_dataset
from rehead.coco.records import Dataset
from rehead.coco.rendering import print_faults
from rehead.coco.results import read_results
from rehead.evaluation.coco_map import Scores, coco_map


def score_files(truth: Path, results: Path, *, max_detections: int) -> Scores:
    """Read both files and score them; raises ValueError, with the faults printed or in it, if one is rejected."""
    document = _truth_document(truth)
    return coco_map(document, read_results(results, document), max_detections=max_detections)


def _truth_document(path: Path) -> dict[str, Any]:
    """Read annotations strictly, without their images, and keep the ids that results refer to."""
    log = FaultLog({})
    data = read_dataset(path, None, log)
    if data is None or log.rejected:
        print_faults(report_on(path, {}, log))
        raise ValueError(f"{path} is rejected: mend it, see `rehead check {path}`")
    return document_of(data)


def document_of(data: Dataset) -> dict[str, Any]:
    """Write checked records as a COCO document with run-length masks."""
    sizes = {image.id: [image.height, image.width] for image in data.images}
    return {
        "categories": [{"id": category.id, "name": category.name} for category in data.categories],
        "images": [{"id": image.id, "width": image.width, "height": image.height} for image in data.images],
        "annotations": [
            {
                "id": number,
                "image_id": item.image_id,
                "category_id": item.category_id,
                "bbox": list(item.bbox),
                "area": item.area,
                "iscrowd": item.iscrowd,
                "segmentation": {"size": sizes[item.image_id], "counts": item.counts},
            }
            for number, item in enumerate(data.annotations, start=1)
        ],
    }
