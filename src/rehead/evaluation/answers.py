"""A served model's answers as COCO results."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def as_results(answer: Mapping[str, Any], image_id: int) -> list[dict[str, Any]]:
    """Put one answer of a served model into COCO's form: category, box as x, y, width, height, score, mask.

    Labels, boxes and scores may be lists or arrays.
    """
    labels, boxes, scores = (np.asarray(answer[name]).tolist() for name in ("labels", "boxes", "scores"))
    return [
        {
            "image_id": image_id,
            "category_id": label,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "score": score,
            "segmentation": mask,
        }
        for label, (x1, y1, x2, y2), score, mask in zip(labels, boxes, scores, answer["masks"], strict=True)
    ]
