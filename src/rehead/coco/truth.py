"""A COCO file as sound truth for an evaluator: its own image and category ids, everything else checked and repaired."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehead.coco.checking import CheckReport, report_on
from rehead.coco.faults import FaultLog
from rehead.coco.kinds import Action
from rehead.coco.reading import read_dataset
from rehead.coco.records import Dataset


def read_truth(path: Path, *, policy: Mapping[str, Action] | None = None) -> tuple[dict[str, Any] | None, CheckReport]:
    """Read one COCO file without its image files; the document is None where the report says it is not usable."""
    log = FaultLog(policy or {})
    data = read_dataset(path, None, log)
    report = report_on(path, {} if data is None else {"truth": data}, log)
    return (None if data is None or log.rejected else document_of(data)), report


def document_of(data: Dataset) -> dict[str, Any]:
    """Write checked records as a COCO document, annotations numbered from 1."""
    sizes = {image.id: [image.height, image.width] for image in data.images}
    return {
        "categories": [{"id": category.id, "name": category.name} for category in data.categories],
        "images": [{"id": i.id, "file_name": i.file_name, "width": i.width, "height": i.height} for i in data.images],
        "annotations": [
            {
                "id": number,
                "image_id": a.image_id,
                "category_id": a.category_id,
                "bbox": list(a.bbox),
                "area": a.area,
                "iscrowd": a.iscrowd,
                "segmentation": {"size": sizes[a.image_id], "counts": a.counts},
            }
            for number, a in enumerate(data.annotations, start=1)
        ],
    }
