"""Outlines of the drawn kinds of object: polygons around the origin that fit the unit circle."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rehead.coco.arithmetic import cosine, sine

Outline = NDArray[np.float64]
"""V2: vertices as (x, y), y pointing down."""


def _around(radii: list[float], *, turn: float = 0.0) -> Outline:
    """Place one vertex for each radius at equal angles."""
    angles = turn + np.linspace(0.0, 2.0 * np.pi, len(radii), endpoint=False)
    return np.stack([cosine(angles), sine(angles)], axis=1) * np.asarray(radii)[:, None]


def _vertices(*points: tuple[float, float]) -> Outline:
    return np.asarray(points, dtype=np.float64)


def _crescent() -> Outline:
    outer = np.linspace(0.25 * np.pi, 1.75 * np.pi, 24)
    inner = np.linspace(1.70 * np.pi, 0.30 * np.pi, 20)
    arcs = [
        np.stack([cosine(outer), sine(outer)], 1),
        np.stack([0.35 + 0.72 * cosine(inner), 0.72 * sine(inner)], 1),
    ]
    return np.concatenate(arcs)


def _drop() -> Outline:
    arc = np.linspace(-0.15 * np.pi, 1.15 * np.pi, 24)
    return np.concatenate([np.stack([0.6 * cosine(arc), 0.4 + 0.6 * sine(arc)], 1), [[0.0, -1.0]]])


def _heart() -> Outline:
    t = np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
    x = 16.0 * sine(t) * sine(t) * sine(t)
    y = -(13.0 * cosine(t) - 5.0 * cosine(2 * t) - 2.0 * cosine(3 * t) - cosine(4 * t))
    return np.stack([x, y], axis=1) / 17.0


def _semicircle() -> Outline:
    arc = np.linspace(0.0, np.pi, 24)
    return np.stack([cosine(arc), sine(arc) - 0.4], axis=1)


OUTLINES: dict[str, Callable[[], Outline]] = {
    "circle": lambda: _around([0.85] * 40),
    "square": lambda: _around([1.0] * 4, turn=np.pi / 4),
    "triangle": lambda: _around([1.0] * 3, turn=-np.pi / 2),
    "star": lambda: _around([1.0, 0.42] * 5, turn=-np.pi / 2),
    "ellipse": lambda: _around([1.0] * 40) * [1.0, 0.5],
    "bar": lambda: _vertices((-1.0, -0.22), (1.0, -0.22), (1.0, 0.22), (-1.0, 0.22)),
    "pentagon": lambda: _around([0.95] * 5, turn=-np.pi / 2),
    "hexagon": lambda: _around([0.95] * 6),
    "cross": lambda: _vertices(
        *((-0.3, -0.95), (0.3, -0.95), (0.3, -0.3), (0.95, -0.3), (0.95, 0.3), (0.3, 0.3)),
        *((0.3, 0.95), (-0.3, 0.95), (-0.3, 0.3), (-0.95, 0.3), (-0.95, -0.3), (-0.3, -0.3)),
    ),
    "arrow": lambda: _vertices(
        (-1.0, -0.25), (0.1, -0.25), (0.1, -0.7), (1.0, 0.0), (0.1, 0.7), (0.1, 0.25), (-1.0, 0.25)
    ),
    "heart": _heart,
    "crescent": _crescent,
    "trapezoid": lambda: _vertices((-0.45, -0.6), (0.45, -0.6), (0.95, 0.6), (-0.95, 0.6)),
    "semicircle": _semicircle,
    "drop": _drop,
    "ell": lambda: _vertices((-0.7, -0.9), (-0.1, -0.9), (-0.1, 0.3), (0.8, 0.3), (0.8, 0.9), (-0.7, 0.9)),
}
