"""What was found in one image, and its form in a COCO results file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.coco.rle import Rle


@dataclass(frozen=True)
class Detections:
    """What was found in one image, best first; boxes N4 as (x1, y1, x2, y2) in pixels."""

    boxes_n4: NDArray[np.float32]
    labels_n: NDArray[np.int64]
    scores_n: NDArray[np.float32]
    masks: list[Rle]

    def best(self, count: int) -> "Detections":
        """Keep the first `count`."""
        return Detections(self.boxes_n4[:count], self.labels_n[:count], self.scores_n[:count], self.masks[:count])

    def reaching(self, least: Sequence[float]) -> "Detections":
        """Keep those whose score reaches the one of their class; label n has least[n - 1].

        Compared as files hold both, in float64: an evaluation counts what is answered, whatever float32 rounds to.
        """
        kept_n = self.scores_n.astype(np.float64) >= np.asarray(least, np.float64)[self.labels_n - 1]
        masks = [mask for mask, kept in zip(self.masks, kept_n, strict=True) if kept]
        return Detections(self.boxes_n4[kept_n], self.labels_n[kept_n], self.scores_n[kept_n], masks)


def coco_results(
    detections: Detections, *, image_id: int, categories: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """Put an image's detections into COCO's results form; `categories` maps label n to categories[n - 1]."""
    return [
        {
            "image_id": image_id,
            "category_id": label if categories is None else categories[label - 1],
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "score": score,
            "segmentation": mask,
        }
        for (x1, y1, x2, y2), label, score, mask in zip(
            detections.boxes_n4.astype(np.float64).tolist(),
            detections.labels_n.tolist(),
            detections.scores_n.tolist(),
            detections.masks,
            strict=True,
        )
    ]
