"""Advice on what the network sees: tiles, input size, detections, anchors."""

from math import ceil

import numpy as np

from rehead.cli.advice import Advice, Survey
from rehead.cli.anchors import fit_sizes, measure_fit
from rehead.cli.plans import Plans
from rehead.coco.measurements import Floats, Measurements
from rehead.coco.plan import TilePlan
from rehead.coco.statistics import INPUT_SIZES, scales
from rehead.coco.windows import grid
from rehead.detector.sizes import LARGEST_INPUT, SEEN_PIXELS, SIZES, detections_for

_PADDED_TO = 32
"""The network pads images to multiples of this."""
_MUCH_LARGER = 1.5
_OBJECTS_A_TILE = 2
_OVERLAPS = (0.1, 0.5)
_GOOD_RECALL, _BETTER_BY = 0.9, 0.03


def advise_tile(survey: Survey, plans: Plans) -> Advice:
    """Cut images where no input size would show the objects; neighbours share what holds nineteen of twenty objects."""
    measured = survey.measured
    need = _needed_input(measured, None)
    if need <= LARGEST_INPUT:
        return Advice("data", "tile", None, "the objects can be seen in whole images")
    if np.median(measured.sizes_n2.min(axis=1)) < LARGEST_INPUT * _MUCH_LARGER:
        return Advice("data", "tile", None, "the images are hardly larger than what the network can see of them")
    longest = float(np.quantile(measured.boxes_m4[:, 2:].max(axis=1), 0.95))
    low, high = (TilePlan.model_fields["size"].default, 8192)
    size = int(np.clip(ceil(longest * _OBJECTS_A_TILE / _OVERLAPS[1] / 64) * 64, low, high))
    overlap = float(np.clip(ceil(longest * _OBJECTS_A_TILE / size * 20) / 20, *_OVERLAPS))
    tenth = np.quantile(_sides(measured), 0.1)
    because = f"to show objects of {tenth:.0f} px, whole images would need an input of {need:.0f} px"
    return Advice("data", "tile", {"size": size, "overlap": round(overlap, 2)}, because)


def advise_input_size(survey: Survey, plans: Plans) -> Advice:
    """Take the smallest size at which nine of ten objects have 16 px, or all that they have in the file."""
    measured, tile = survey.measured, _tile_side(plans)
    sides = _image_sides(measured, tile).min(axis=1)
    own = max(_PADDED_TO, int(np.quantile(sides, 0.9)) // _PADDED_TO * _PADDED_TO)
    if not len(measured.areas_m):
        size = min(own, plans.model.input_size or INPUT_SIZES[2])
        return Advice("model", "input_size", size, "there are no objects to see")
    need = _needed_input(measured, tile)
    size = min(own, next((size for size in INPUT_SIZES if size >= need), INPUT_SIZES[-1]), LARGEST_INPUT)
    seen = np.quantile(_sides(measured) * scales(measured, size, tile=tile)[measured.image_m], 0.1)
    where = f"tiles of {tile} px" if tile else f"images of {np.median(sides):.0f} px"
    limit = ""
    if round(seen) < SEEN_PIXELS:
        limit = ", hardly more in the files" if size >= min(need, own) else ", and larger inputs cost too much"
    return Advice("model", "input_size", size, f"nine of ten objects reach {seen:.0f} px{limit}; from {where}")


def advise_detections(survey: Survey, plans: Plans) -> Advice:
    """Leave a quarter more than the fullest image holds."""
    most = int(survey.measured.objects_n.max(initial=0))
    number = detections_for(most)
    short = f", more than the {number} that can be reported" if most > number else ""
    return Advice("model", "max_detections", number, f"the fullest image holds {most} objects{short}")


def advise_anchors(survey: Survey, plans: Plans) -> Advice:
    """Keep the architecture's anchors unless they miss a tenth of the boxes and others hold clearly more."""
    boxes = boxes_seen(survey.measured, plans)
    own = measure_fit(boxes, SIZES[plans.model.arch].anchor_sizes)
    told = f"the architecture's own hold {own.recall:.1%} of the boxes at IoU 0.5"
    if own.recall >= _GOOD_RECALL:
        return Advice("model", "anchor_sizes", None, told)
    fitted = fit_sizes(boxes)
    if fitted.recall < own.recall + _BETTER_BY:
        return Advice("model", "anchor_sizes", None, f"{told}, others no more than {fitted.recall:.1%}")
    return Advice("model", "anchor_sizes", list(fitted.sizes), f"these hold {fitted.recall:.1%}, {told}")


def pixels_seen(measured: Measurements, plans: Plans) -> Floats:
    """Compute the pixels of each image, or of one of its tiles, as the network sees it; shape N."""
    tile = _tile_side(plans)
    return _image_sides(measured, tile).prod(axis=1) * scales_seen(measured, plans) ** 2


def samples_an_image(measured: Measurements, plans: Plans) -> Floats:
    """Count what training gets of each image: itself, or its tiles, of which half as many are empty as not; shape N."""
    if plans.data.tile is None:
        return np.ones(len(measured.sizes_n2))
    tiles = np.array([len(grid(int(width), int(height), plans.data.tile)) for width, height in measured.sizes_n2])
    return np.asarray(np.where(tiles > 1, np.minimum(tiles, 1.5 * measured.objects_n), 1.0))


def _needed_input(measured: Measurements, tile: int | None) -> float:
    """Compute the input size at which nine of ten objects have 16 px or their own size; 0 without objects."""
    if not len(measured.areas_m):
        return 0.0
    enough = np.minimum(1.0, SEEN_PIXELS / _sides(measured))
    return float(np.quantile(enough / scales(measured, 1, tile=tile)[measured.image_m], 0.9))


def boxes_seen(measured: Measurements, plans: Plans) -> Floats:
    """Compute the boxes in pixels of the image as the network sees it; shape M x 4."""
    return np.asarray(measured.boxes_m4 * scales_seen(measured, plans)[measured.image_m][:, None])


def scales_seen(measured: Measurements, plans: Plans) -> Floats:
    """Compute the factor by which each image is resized for the network; shape N."""
    size = plans.model.input_size or SIZES[plans.model.arch].input_size
    return scales(measured, size, max_size=plans.model.max_size, tile=_tile_side(plans))


def _sides(measured: Measurements) -> Floats:
    return np.asarray(np.sqrt(measured.areas_m))


def _image_sides(measured: Measurements, tile: int | None) -> Floats:
    return np.minimum(measured.sizes_n2, tile or np.inf)


def _tile_side(plans: Plans) -> int | None:
    return plans.data.tile.size if plans.data.tile else None
