"""Checked records as a COCO document: truth for an evaluator, and what ingest writes."""

from typing import Any

from rehead.coco.records import Dataset


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
