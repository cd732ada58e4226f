"""Polygons that others wrote, checked before native code fills them."""

import math
from itertools import chain
from typing import Any

from rehead.coco import rle
from rehead.coco.faults import FileFaults
from rehead.coco.structure import NUMBERS, is_number

_REACH = 16
"""Image sides that a coordinate may lie away: wrong, but harmless to fill, and cut off at the border."""
_MANY_POINTS = 20_000
_MANY_PARTS = 1_000
_LONGEST_OUTLINE = 10_000_000
"""Pixels of outline in one object: filling takes some 100 bytes for each."""


def read_polygons(value: list[Any], height: int, width: int, where: str, faults: FileFaults) -> rle.Rle | None:
    """Fill a list of flat polygons in a height x width image; None if they cannot stay."""
    parts = _parts(value, where, faults)
    if parts is None:
        return None
    bounds, limit = [_bounds(part) for part in parts], _REACH * max(height, width)
    # NaN may hide between its neighbours, but not in a sum; a sum would overflow on integers that are out of bounds.
    near = all(-limit <= x <= right <= limit and -limit <= y <= low <= limit for x, y, right, low in bounds)
    if not near or not math.isfinite(sum(map(sum, parts))):
        _note_far(parts, limit, where, faults)
        return None
    lefts, tops, rights, bottoms = zip(*bounds, strict=True)
    left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
    longest = (max(right, bottom) - min(left, top)) * sum(map(len, parts)) / 2
    if longest > _LONGEST_OUTLINE and (length := sum(map(_outline, parts))) > _LONGEST_OUTLINE:
        text = f"the polygon's outline of {length:.0f} pixels is too large to fill: zigzags or stray points"
        faults.add("polygon-too-long", where, text)
        return None
    _note_oddities(parts, max(-left, -top, right - width, bottom - height), where, faults)
    return rle.polygons_to_rle(parts, height, width)


def _parts(value: list[Any], where: str, faults: FileFaults) -> list[list[float]] | None:
    """Take the parts that are flat lists of three or more points."""
    if not value:
        faults.add("segmentation-type", where, "the segmentation is an empty list", value=value)
        return None
    for at, part in enumerate(value):
        if type(part) is not list:
            flat = "a flat list: it must be a list of polygons, nested once"
            what = flat if is_number(part) else "no list of polygons"
            faults.add("segmentation-type", f"{where}[{at}]", f"the segmentation is {what}", value=part)
            return None
        if not NUMBERS.issuperset(map(type, part)):
            text = "polygon coordinates must be numbers in one flat list x1, y1, x2, y2, ... (not pairs, not strings)"
            faults.add("segmentation-type", f"{where}[{at}]", text, value=part)
            return None
        if len(part) % 2:
            text = f"the polygon has an odd number of coordinates ({len(part)}): x, y pairs are needed"
            faults.add("polygon-points", f"{where}[{at}]", text)
            return None
    return _long_enough(value, where, faults)


def _long_enough(value: list[list[float]], where: str, faults: FileFaults) -> list[list[float]] | None:
    short = [at for at, part in enumerate(value) if len(part) < 6]
    if len(short) == len(value):
        text = f"the polygon is empty or has too few points ({len(value[0]) // 2}): it needs three"
        faults.add("polygon-points", where, text, value=value)
        return None
    for at in short:
        text = f"polygon part {at} has {len(value[at]) // 2} points, fewer than three: left out"
        if not faults.keeps("polygon-part", f"{where}[{at}]", text, value=value[at]):
            return None
    return [part for part in value if len(part) >= 6] if short else value


def _bounds(part: list[float]) -> tuple[float, float, float, float]:
    """Find the least x and y, and the greatest x and y; one of them is NaN if the first x or y is."""
    xs, ys = part[0::2], part[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def _note_far(parts: list[list[float]], limit: int, where: str, faults: FileFaults) -> None:
    """Note the first part with a coordinate that is not finite or far from the image; native code overflows on it."""
    for at, part in enumerate(parts):
        if -limit <= min(part) and max(part) <= limit and math.isfinite(sum(part)):
            continue
        finite = all(type(value) is int or math.isfinite(value) for value in part)
        code = "polygon-range" if finite else "polygon-not-finite"
        text = f"lie far outside the image (beyond {limit})" if finite else "are not finite (NaN or infinite)"
        faults.add(code, f"{where}[{at}]", f"polygon coordinates {text}", value=part)
        return


def _outline(part: list[float]) -> float:
    """Measure a closed outline in the norm that counts the pixels it crosses."""
    xs, ys = part[0::2], part[1::2]
    across = map(abs, map(float.__sub__, map(float, xs), chain(map(float, xs[1:]), (float(xs[0]),))))
    down = map(abs, map(float.__sub__, map(float, ys), chain(map(float, ys[1:]), (float(ys[0]),))))
    return sum(map(max, across, down))


def _note_oddities(parts: list[list[float]], out: float, where: str, faults: FileFaults) -> None:
    """Note what is kept but worth a look: very many points or parts, and an outline `out` pixels beyond the border."""
    points = sum(map(len, parts)) // 2
    if points > _MANY_POINTS or len(parts) > _MANY_PARTS:
        faults.add("polygon-many", where, f"many points ({points}) or parts ({len(parts)}) in one object's polygons")
    if out > 1:
        faults.add("polygon-outside", where, f"the polygon reaches {out:.1f} pixels outside the image: clipped")
