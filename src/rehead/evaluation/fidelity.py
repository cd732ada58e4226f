"""What of each object a mask keeps that was made for it, and the AP that comes of it.

Each mask is judged by the object that it was made for, and masks are ranked by their overlap, since no order could
score higher: what is measured is the masks alone. In any other order the same masks score less (with equal scores, 0.66
instead of 0.75 for the masks of a small detector in true boxes), and for nothing that a mask head could mend.

Shapes: M objects, T IoU thresholds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehead.coco.windows import Crop
from rehead.evaluation.boundary import edge_of, overlap
from rehead.evaluation.coco_map import Metrics

SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""COCO's sizes by an object's area in pixels, both ends included as COCO has it."""
THRESHOLDS = np.linspace(0.5, 0.95, 10)
_RECALLS = np.linspace(0.0, 1.0, 101)

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Objects:
    """Objects by class and area in pixels, each in one place of all arrays."""

    classes_m: Ints
    areas_m: Floats

    @property
    def by_size(self) -> Mapping[str, Bools]:
        """Give the objects of each of COCO's sizes."""
        return {name: (self.areas_m >= low) & (self.areas_m <= high) for name, (low, high) in SIZES.items()}

    def metrics(self, iou_m: Floats) -> Metrics:
        """Give AP, AP50, AP75, APs, APm, APl of masks that overlap so much; None where no object has the size."""
        everything_t = self.precisions(iou_m)
        numbers = {"AP": everything_t, "AP50": everything_t[:1], "AP75": everything_t[5:6]}
        for name, chosen_m in self.by_size.items():
            chosen = Objects(self.classes_m[chosen_m], self.areas_m[chosen_m])
            numbers[f"AP{name[0]}"] = chosen.precisions(iou_m[chosen_m])
        return {name: mean_of(values_t) for name, values_t in numbers.items()}

    def precisions(self, iou_m: Floats) -> Floats:
        """Give COCO's AP at each threshold (T), of all classes; empty without objects.

        Hits come before misses, so precision is 1 up to the share of objects that are hit, and 0 beyond.
        """
        known = np.unique(self.classes_m)
        if not len(known):
            return np.zeros(0)
        hit_tm = iou_m >= THRESHOLDS[:, None]
        shares = np.array([hit_tm[:, self.classes_m == one].mean(axis=1) for one in known])
        reached = np.searchsorted(_RECALLS, shares, side="right") / len(_RECALLS)
        return np.asarray(np.where(shares > 0, reached, 0.0).mean(axis=0))


def overlaps(first: Crop, second: Crop, *, reach: int) -> tuple[float, float]:
    """Measure mask IoU, and the lesser of that and boundary IoU; `reach` is how deep a boundary is, in pixels."""
    iou = overlap(first, second)
    edges = (Crop(edge_of(crop.mask_hw, reach), crop.x, crop.y) for crop in (first, second))
    return iou, min(iou, overlap(*edges))


def mean_of(values: Floats) -> float | None:
    """Average; None where there is nothing."""
    return float(values.mean()) if values.size else None
