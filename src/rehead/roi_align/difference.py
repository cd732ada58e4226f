"""What a comparison of two RoIAligns found, and whether that is a fault."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOLERANCES = {"float32": 1e-5, "float64": 1e-12}


@dataclass(frozen=True)
class Difference:
    """The largest absolute difference of one comparison, and the box on which it occurred."""

    route: str
    what: str
    dtype: str
    device: str
    setting: str
    max_abs: float
    worst: str

    @property
    def within(self) -> bool:
        """Tell whether the difference is one of rounding; NaN never is."""
        return self.max_abs <= TOLERANCES[self.dtype]

    def __str__(self) -> str:
        """Say it in a line a person can act on."""
        return (
            f"{self.what} differ from {self.route} by {self.max_abs:.3g} on {self.worst!r} "
            f"({self.dtype}, {self.device}, {self.setting}; allowed {TOLERANCES[self.dtype]:.0e})"
        )


def largest(found: NDArray[np.floating], expected: NDArray[np.float64], names: tuple[str, ...]) -> tuple[float, str]:
    """Find the largest difference of two arrays and the name of its row; NaN counts as infinite, none as 0."""
    if found.shape != expected.shape:
        return float("inf"), f"shape {found.shape} in place of {expected.shape}"
    if not len(expected):
        return 0.0, "no box"
    gaps = np.nan_to_num(np.abs(found.astype(np.float64) - expected), nan=np.inf, posinf=np.inf)
    by_row = gaps.reshape(len(gaps), -1).max(axis=1)
    return float(by_row.max()), names[int(by_row.argmax())]


def faults(differences: Iterable[Difference]) -> list[str]:
    """Put every difference beyond its tolerance into a line, the largest first."""
    return [str(found) for found in sorted(differences, key=lambda d: -d.max_abs) if not found.within]
