"""Arithmetic that gives the same bits on every machine.

A processor rounds sums, products, quotients and roots exactly, each NumPy function does one of them, and nothing
merges two into one. Sines, matrix products and compiled loops such as cocoapi's fill differ in the last bit between
processors and libraries; once in a while a bit moves a pixel.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
# Half of pi as a sum: of the first part 33 bits are used, so that its product with a quarter's number is exact.
_HALF_PI, _HALF_PI_REST = 1.5707963267341256, 6.077100506506192e-11
_TERMS = 10
_SUBPIXELS = 5


def sine(angles: ArrayLike) -> Floats:
    """Compute sines of angles in radians, |angle| below a million, to 1e-15: Taylor's series after quarter turns."""
    x = np.asarray(angles, dtype=np.float64)
    quarters = np.rint(x * (2.0 / math.pi))
    rest = x - quarters * _HALF_PI - quarters * _HALF_PI_REST
    square, odd, even = rest * rest, np.zeros_like(x), np.zeros_like(x)
    for term in reversed(range(_TERMS)):
        sign = 1.0 - 2.0 * (term % 2)
        odd = odd * square + sign / math.factorial(2 * term + 1)
        even = even * square + sign / math.factorial(2 * term)
    turn = quarters.astype(np.int64) % 4
    found: Floats = np.where(turn % 2 == 1, even, odd * rest) * np.where(turn >= 2, -1.0, 1.0)
    return found


def cosine(angles: ArrayLike) -> Floats:
    """Compute cosines of angles in radians."""
    return sine(np.asarray(angles, dtype=np.float64) + math.pi / 2.0)


def fill(outline_v2: Floats, size: int) -> NDArray[np.bool_]:
    """Fill an outline in a size x size picture by cocoapi's rule (maskApi.c, rleFrPoly), vertices inside or on it.

    The rule draws the outline on a grid five times as fine and counts, down the columns, how often a pixel was
    entered; entered an odd number of times, it is inside.
    """
    x, y = np.floor(_SUBPIXELS * outline_v2.T + 0.5).astype(np.int64)
    corners = list(zip(x.tolist(), y.tolist(), strict=True))
    edges = [_edge(*ends) for ends in zip(corners, [*corners[1:], corners[0]], strict=True)]
    u, v = np.concatenate(edges, axis=1)
    left, top = np.minimum(u[1:], u[:-1]), np.minimum(v[1:], v[:-1])
    column, row = left // _SUBPIXELS, np.clip(-((2 - top) // _SUBPIXELS), 0, size)
    entered = (u[1:] != u[:-1]) & (left % _SUBPIXELS == 2) & (column < size)
    entries = np.bincount(column[entered] * size + row[entered], minlength=size * size + 1)[: size * size]
    inside: NDArray[np.bool_] = (np.cumsum(entries) % 2 == 1).reshape(size, size).T
    return inside


def _edge(start: tuple[int, int], end: tuple[int, int]) -> NDArray[np.int64]:
    """Step along an edge, one point a unit of its longer side; 2N as x, y."""
    flat = abs(end[0] - start[0]) >= abs(end[1] - start[1])
    along = 0 if flat else 1
    steps = abs(end[along] - start[along])
    at, (first, last) = np.arange(steps + 1), (start, end)
    if start[along] > end[along]:
        at, (first, last) = at[::-1], (end, start)
    slope = (last[1 - along] - first[1 - along]) / max(steps, 1)
    across = np.floor(first[1 - along] + slope * at + 0.5).astype(np.int64)
    points = (first[along] + at, across)
    return np.stack(points if flat else points[::-1])
