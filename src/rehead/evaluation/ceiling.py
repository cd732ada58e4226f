"""The ceiling of a mask resolution: what a perfect head would score that gives each object's mask as R x R numbers.

Each true mask goes the way of a training target and comes back the way of a prediction: resampled to R x R in its own
box by RoIAlign, soft values kept (torchvision's `project_masks_on_boxes`), then pasted into the image at threshold 0.5.
What is lost on that way no training can win back. Boxes are the annotations' own, floats x, y, width, height, which
training takes as x, y, x + width, y + height. Each mask is judged by the object that it was made from, and masks are
ranked by their overlap, since no order could score higher.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rehead.coco.windows import Crop, crop_of
from rehead.evaluation.boundary import edge_of, reach_in
from rehead.evaluation.coco_map import Metrics
from rehead.evaluation.resampling import round_trip
from rehead.roi_align.guard import refuse_faulty_boxes

RESOLUTIONS = (14, 28, 56, 112)
MOST_OBJECTS = 10_000
"""Objects beyond which whole images are drawn at random until so many are in."""
SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""COCO's sizes by an object's area in pixels, both ends included as COCO has it."""
_THRESHOLDS = np.linspace(0.5, 0.95, 10)
_RECALLS = np.linspace(0.0, 1.0, 101)
_WORST = 5

Objects = Sequence[Mapping[str, Any]]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ceiling:
    """What a perfect head scores at one resolution: AP, AP50, AP75, APs, APm, APl by mask and by boundary IoU.

    A number is None where no object has the size.
    """

    resolution: int
    mask: Metrics
    boundary: Metrics
    mean_iou: float | None
    mean_iou_by_size: dict[str, float | None]


@dataclass(frozen=True)
class HardObject:
    """An object that a grid loses much of: where it is, and its mask IoU by resolution."""

    image: str
    category: str
    bbox: tuple[float, ...]
    area: float
    iou: dict[int, float]


@dataclass(frozen=True)
class Ceilings:
    """The ceilings of some truth, what they were computed from, and its worst objects at the first resolution.

    `input_size` is the shorter side at which masks became targets, None for the images' own. `objects_in_all` counts
    the objects of the whole truth, of which those of some images alone were taken where they are too many.
    """

    by_resolution: tuple[Ceiling, ...]
    images: int
    objects: int
    objects_in_all: int
    objects_by_size: dict[str, int]
    input_size: int | None
    worst: tuple[HardObject, ...]


def ceilings(
    truth: Mapping[str, Any],
    resolutions: Sequence[int] = RESOLUTIONS,
    *,
    input_size: int | None = None,
    most_objects: int = MOST_OBJECTS,
    seed: int = 0,
    on_object: Callable[[], None] = lambda: None,
) -> Ceilings:
    """Score a perfect head on a canonical COCO truth at each resolution; crowd regions are no objects.

    With `input_size` masks are first resized as the network sees them: a small input blurs targets, whatever their
    resolution. Raises ValueError for a resolution below 1 and for a box that RoIAlign cannot take.
    """
    if not resolutions or min(resolutions) < 1:
        raise ValueError(f"resolutions = {list(resolutions)}: name sides of a mask in pixels, such as 28 and 56")
    known = [one for one in truth["annotations"] if not one["iscrowd"]]
    objects = _sampled(known, most_objects, seed)
    boxes_m4 = torch.tensor([(x, y, x + w, y + h) for x, y, w, h in (one["bbox"] for one in objects)]).reshape(-1, 4)
    refuse_faulty_boxes([boxes_m4])
    iou_mr, edge_mr = np.zeros((2, len(objects), len(resolutions)))
    for row, one in enumerate(objects):
        height, width = one["segmentation"]["size"]
        true = crop_of(one["segmentation"])
        back = round_trip(true, boxes_m4[row], resolutions, height=height, width=width, input_size=input_size)
        iou_mr[row], edge_mr[row] = np.transpose([_overlaps(crop, true, reach_in(height, width)) for crop in back])
        on_object()
    areas_m = np.array([one["area"] for one in objects], dtype=float)
    sizes = {name: (areas_m >= low) & (areas_m <= high) for name, (low, high) in SIZES.items()}
    classes_m = np.array([one["category_id"] for one in objects], dtype=np.int64)
    return Ceilings(
        tuple(
            Ceiling(
                side,
                _metrics(iou_mr[:, column], classes_m, sizes),
                _metrics(edge_mr[:, column], classes_m, sizes),
                _mean(iou_mr[:, column]),
                {name: _mean(iou_mr[chosen_m, column]) for name, chosen_m in sizes.items()},
            )
            for column, side in enumerate(resolutions)
        ),
        images=len({one["image_id"] for one in objects}),
        objects=len(objects),
        objects_in_all=len(known),
        objects_by_size={name: int(chosen_m.sum()) for name, chosen_m in sizes.items()},
        input_size=input_size,
        worst=_worst(truth, objects, resolutions, iou_mr),
    )


def _overlaps(first: Crop, second: Crop, reach: int) -> tuple[float, float]:
    """Measure mask IoU, and the lesser of that and boundary IoU."""
    iou = _iou(first, second)
    edges = (Crop(edge_of(crop.mask_hw, reach), crop.x, crop.y) for crop in (first, second))
    return iou, min(iou, _iou(*edges))


def _iou(first: Crop, second: Crop) -> float:
    shared = first.window.common(second.window)
    cuts = (shared.moved(-crop.x, -crop.y) for crop in (first, second))
    inside = [c.mask_hw[at.y : at.bottom, at.x : at.right] for c, at in zip((first, second), cuts, strict=True)]
    both = int((inside[0] & inside[1]).sum())
    return both / max(int(first.mask_hw.sum()) + int(second.mask_hw.sum()) - both, 1)


def _sampled(objects: Objects, most: int, seed: int) -> Objects:
    """Keep all objects of images drawn at random, up to `most`; at least one image."""
    if len(objects) <= most:
        return objects
    ids, counts = np.unique([one["image_id"] for one in objects], return_counts=True)
    order = np.random.default_rng(seed).permutation(len(ids))
    taken = max(int((np.cumsum(counts[order]) <= most).sum()), 1)
    kept = set(ids[order[:taken]].tolist())
    return [one for one in objects if one["image_id"] in kept]


def _metrics(iou_m: Floats, classes_m: NDArray[np.int64], sizes: Mapping[str, Bools]) -> Metrics:
    everything_t = _precisions(iou_m, classes_m)
    numbers = {"AP": everything_t, "AP50": everything_t[:1], "AP75": everything_t[5:6]}
    numbers |= {f"AP{name[0]}": _precisions(iou_m[m], classes_m[m]) for name, m in sizes.items()}
    return {name: _mean(values_t) for name, values_t in numbers.items()}


def _precisions(iou_m: Floats, classes_m: NDArray[np.int64]) -> Floats:
    """Give COCO's AP at each threshold, of all classes; none without objects.

    Hits come before misses, so precision is 1 up to the share of objects that are hit, and 0 beyond.
    """
    known = np.unique(classes_m)
    if not len(known):
        return np.zeros(0)
    hit_tm = iou_m >= _THRESHOLDS[:, None]
    shares = np.array([hit_tm[:, classes_m == one].mean(axis=1) for one in known])
    reached = np.searchsorted(_RECALLS, shares, side="right") / len(_RECALLS)
    return np.where(shares > 0, reached, 0.0).mean(axis=0)


def _worst(truth: Mapping[str, Any], objects: Objects, resolutions: Sequence[int], iou_mr: Floats) -> tuple:
    files = {image["id"]: image["file_name"] for image in truth["images"]}
    names = {category["id"]: category["name"] for category in truth["categories"]}
    return tuple(
        HardObject(
            files[objects[row]["image_id"]],
            names[objects[row]["category_id"]],
            tuple(objects[row]["bbox"]),
            objects[row]["area"],
            dict(zip(resolutions, iou_mr[row].tolist(), strict=True)),
        )
        for row in np.argsort(iou_mr[:, 0], kind="stable")[:_WORST]
    )


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if values.size else None
