"""Shapes that people draw, as polygons; coordinates in pixels."""

import math
from typing import Any

from rehead.coco.structure import is_number

_OFF = 0.1
"""Pixels by which a polygon may miss the curve that it stands for."""
_CORNERS = (16, 720)


class ShapeError(ValueError):
    """A shape that is no area; `code` is the kind of fault."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def finite(values: Any, what: str) -> list[float]:
    """Prove that a JSON value is a list of finite numbers; raises ShapeError."""
    if type(values) is not list or not all(map(is_number, values)):
        raise ShapeError("shape-invalid", f"{what} must be numbers")
    try:
        numbers = list(map(float, values))
    except OverflowError:
        raise ShapeError("shape-invalid", f"{what} are too large") from None
    if not all(map(math.isfinite, numbers)):
        raise ShapeError("polygon-not-finite", f"{what} are not finite (NaN or infinite)")
    return numbers


def rectangle(x1: float, y1: float, x2: float, y2: float) -> list[float]:
    """Go around a rectangle between two corners."""
    return [x1, y1, x2, y1, x2, y2, x1, y2]


def ellipse(x: float, y: float, rx: float, ry: float, *, turn: float = 0.0) -> list[float]:
    """Go around an ellipse with half axes `rx` and `ry`, turned by `turn` radians; raises ShapeError without a size."""
    longest = max(rx, ry)
    if min(rx, ry) <= 0 or longest > 1e9:
        raise ShapeError("shape-invalid", f"radii {rx:g} and {ry:g} are no size")
    needed = math.pi / math.acos(1 - min(_OFF / longest, 1.0))
    corners = min(max(math.ceil(needed), _CORNERS[0]), _CORNERS[1])
    points: list[float] = []
    for at in range(corners):
        along, across = rx * math.cos(math.tau * at / corners), ry * math.sin(math.tau * at / corners)
        points.append(x + along * math.cos(turn) - across * math.sin(turn))
        points.append(y + along * math.sin(turn) + across * math.cos(turn))
    return points
