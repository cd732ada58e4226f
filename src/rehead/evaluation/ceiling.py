"""The ceiling of a mask resolution: what a perfect head would score that gives each object's mask as R x R numbers.

Each true mask goes the way of a training target and comes back the way of a prediction: resampled to R x R in its own
box by RoIAlign, soft values kept (torchvision's `project_masks_on_boxes`), then pasted into the image at threshold 0.5.
What is lost on that way no training can win back. Boxes are the annotations' own, floats x, y, width, height, which
training takes as x, y, x + width, y + height.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from rehead.coco.windows import crop_of
from rehead.evaluation.boundary import reach_in
from rehead.evaluation.coco_map import Metrics
from rehead.evaluation.fidelity import Floats, Objects, mean_of, overlaps
from rehead.evaluation.resampling import round_trip, size_seen
from rehead.roi_align.guard import refuse_faulty_boxes

RESOLUTIONS = (14, 28, 56, 112)
MOST_OBJECTS = 10_000
"""Objects beyond which whole images are drawn at random until so many are in."""
_WORST = 5

Annotations = Sequence[Mapping[str, Any]]
Seen = Callable[[int, int], tuple[int, int]]
"""Height and width of an image to those that it has in the network."""


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
    mask_by_iou: tuple[float, ...]
    """Mask AP at each IoU threshold from 0.50 to 0.95; empty without objects."""


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
    seen: Seen | None = None,
    most_objects: int = MOST_OBJECTS,
    seed: int = 0,
    on_object: Callable[[], None] = lambda: None,
) -> Ceilings:
    """Score a perfect head on a canonical COCO truth at each resolution; crowd regions are no objects.

    With `input_size` masks are first resized as the network sees them: a small input blurs targets, whatever their
    resolution. `seen` says so for a network that the shorter side alone does not describe. Raises ValueError for a
    resolution below 1 and for a box that RoIAlign cannot take.
    """
    if not resolutions or min(resolutions) < 1:
        raise ValueError(f"resolutions = {list(resolutions)}: name sides of a mask in pixels, such as 28 and 56")
    if seen is None:
        seen = _unchanged if input_size is None else partial(size_seen, input_size=input_size)
    known = [one for one in truth["annotations"] if not one["iscrowd"]]
    objects = _sampled(known, most_objects, seed)
    boxes_m4 = torch.tensor([(x, y, x + w, y + h) for x, y, w, h in (one["bbox"] for one in objects)]).reshape(-1, 4)
    refuse_faulty_boxes([boxes_m4])
    iou_mr, edge_mr = np.zeros((2, len(objects), len(resolutions)))
    for row, one in enumerate(objects):
        height, width = one["segmentation"]["size"]
        true = crop_of(one["segmentation"])
        size = seen(height, width)
        back = round_trip(true, boxes_m4[row], resolutions, height=height, width=width, seen=size)
        reach = reach_in(height, width)
        iou_mr[row], edge_mr[row] = np.transpose([overlaps(crop, true, reach=reach) for crop in back])
        on_object()
    classes = np.array([one["category_id"] for one in objects], dtype=np.int64)
    measured = Objects(classes, np.array([one["area"] for one in objects], dtype=float))
    return Ceilings(
        tuple(
            _ceiling(side, measured, iou_mr[:, column], edge_mr[:, column]) for column, side in enumerate(resolutions)
        ),
        images=len({one["image_id"] for one in objects}),
        objects=len(objects),
        objects_in_all=len(known),
        objects_by_size={name: int(chosen_m.sum()) for name, chosen_m in measured.by_size.items()},
        input_size=input_size,
        worst=_worst(truth, objects, resolutions, iou_mr),
    )


def _unchanged(height: int, width: int) -> tuple[int, int]:
    return height, width


def _ceiling(side: int, objects: Objects, iou_m: Floats, edge_m: Floats) -> Ceiling:
    return Ceiling(
        side,
        objects.metrics(iou_m),
        objects.metrics(edge_m),
        mean_of(iou_m),
        {name: mean_of(iou_m[chosen_m]) for name, chosen_m in objects.by_size.items()},
        tuple(objects.precisions(iou_m).tolist()),
    )


def _sampled(objects: Annotations, most: int, seed: int) -> Annotations:
    """Keep all objects of images drawn at random, up to `most`; at least one image."""
    if len(objects) <= most:
        return objects
    ids, counts = np.unique([one["image_id"] for one in objects], return_counts=True)
    order = np.random.default_rng(seed).permutation(len(ids))
    taken = max(int((np.cumsum(counts[order]) <= most).sum()), 1)
    kept = set(ids[order[:taken]].tolist())
    return [one for one in objects if one["image_id"] in kept]


def _worst(truth: Mapping[str, Any], objects: Annotations, resolutions: Sequence[int], iou_mr: Floats) -> tuple:
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
