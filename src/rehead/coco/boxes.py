"""Boxes and areas that others wrote, against the mask that they belong to."""

import math
from typing import Any

from rehead.coco.faults import FileFaults
from rehead.coco.segmentations import Mask
from rehead.coco.structure import NUMBERS, is_number

Box = tuple[float, float, float, float]
_SLACK = 0.5
"""Pixels a box may stick out without a word: rounding of two decimals and half-pixel conventions."""
_LEAST_INSIDE = 0.5
_LEAST_SIDE = 2.0**-10
_FLOAT32 = 2.0**-22
"""Shares of a coordinate below this are lost when boxes become 32-bit floats: x + width would equal x."""
_FARTHEST = 1e9
_APART = 2.0
_APART_SHARE = 0.1


def read_box(entry: dict[str, Any], mask: Mask, height: int, width: int, where: str, faults: FileFaults) -> Box | None:
    """Read `bbox` as x, y, width, height inside the image, or repair it from the mask; None if it cannot stay."""
    path = f"{where}.bbox"
    value: Any = entry.get("bbox")
    fault = _shape_fault(entry, value) or _size_fault(value, mask)
    if fault:
        return mask.box if faults.add(fault[0], path, fault[1], value=value) == "repair" else None
    x, y, w, h = map(float, value)
    left, top, right, bottom = max(x, 0.0), max(y, 0.0), min(x + w, float(width)), min(y + h, float(height))
    inside = max(right - left, 0.0) * max(bottom - top, 0.0)
    if inside < _LEAST_INSIDE * w * h:
        text = f"bbox lies outside the {width}x{height} image, wholly or mostly{_hint(value, mask)}"
        return mask.box if faults.add("bbox-outside", path, text, value=value) == "repair" else None
    if max(left - x, top - y, x + w - right, y + h - bottom) > _SLACK:
        text = f"bbox sticks out of the {width}x{height} image: clipped"
        if not faults.keeps("bbox-sticks-out", path, text, value=value):
            return None
    box = (left, top, right - left, bottom - top)
    if not _differs(box, mask.box):
        return box
    text = f"bbox and segmentation do not match (mask: {mask.box}){_hint(value, mask)}"
    action = faults.add("bbox-mismatch", path, text, value=value)
    return {"repair": mask.box, "warn": box}.get(action)


def read_area(entry: dict[str, Any], mask: Mask, where: str, faults: FileFaults) -> float | None:
    """Read `area`, or repair it by the mask's pixels; None if the annotation cannot stay."""
    path = f"{where}.area"
    value = entry.get("area")
    measured = float(mask.area)
    if value is None:
        return measured if faults.keeps("area-missing", path, f"area is missing: {mask.area} pixels measured") else None
    if not is_number(value) or not 0 <= value < 1e15:
        action = faults.add("area-invalid", path, "area is negative, not finite or no number", value=value)
        return measured if action == "repair" else None
    slack = _APART_SHARE * max(value, measured) + mask.box[2] + mask.box[3]
    if abs(value - measured) <= slack:
        return float(value)
    text = f"area {value:g} differs from the mask's {mask.area} pixels (self-crossing outline, or a wrong number)"
    action = faults.add("area-mismatch", path, text, value=value)
    return {"repair": measured, "warn": float(value)}.get(action)


def _shape_fault(entry: dict[str, Any], value: Any) -> tuple[str, str] | None:
    """Find what makes a bbox no four finite numbers."""
    if "bbox" not in entry:
        return "bbox-type", "the annotation has no bbox"
    if type(value) is not list or len(value) != 4 or not NUMBERS.issuperset(map(type, value)):
        return "bbox-type", "bbox is not four numbers x, y, width, height"
    if max(map(abs, value)) <= _FARTHEST and math.isfinite(sum(value)):
        return None
    if not all(type(side) is int or math.isfinite(side) for side in value):
        return "bbox-not-finite", "bbox is not finite (NaN or infinite)"
    return "bbox-outside", "bbox is far outside any image: too large"


def _size_fault(value: list[float], mask: Mask) -> tuple[str, str] | None:
    """Find what makes a box of four finite numbers no area."""
    x, y, w, h = map(float, value)
    if w < 0 or h < 0:
        return "bbox-negative", "bbox has a negative width or height"
    if w < max(_LEAST_SIDE, abs(x) * _FLOAT32) or h < max(_LEAST_SIDE, abs(y) * _FLOAT32):
        return "bbox-degenerate", "bbox is degenerate: width or height is zero"
    if (w < 1 or h < 1) and _differs((x, y, w, h), mask.box):
        return "bbox-degenerate", "bbox is smaller than a pixel (tiny, or in normalised units 0..1)"
    return None


def _differs(box: Box, other: Box) -> bool:
    """Compare two boxes edge by edge."""
    x_slack, y_slack = max(_APART, _APART_SHARE * other[2]), max(_APART, _APART_SHARE * other[3])
    return (
        abs(box[0] - other[0]) > x_slack
        or abs(box[1] - other[1]) > y_slack
        or abs(box[0] + box[2] - other[0] - other[2]) > x_slack
        or abs(box[1] + box[3] - other[1] - other[3]) > y_slack
    )


def _hint(value: list[float], mask: Mask) -> str:
    """Say so if the box is right once its last two numbers are taken for a corner."""
    x1, y1, x2, y2 = value
    fits = x2 > x1 and y2 > y1 and not _differs((x1, y1, x2 - x1, y2 - y1), mask.box)
    return "; read as x1, y1, x2, y2 (xyxy) it would fit" if fits else ""
