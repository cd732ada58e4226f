"""What a comparison of two RoIAligns found, and whether that is a fault."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOLERANCES = {"float64": 1e-12, "float32": 1e-5, "float16": 2**-4, "float16 gradients": 2**-6}
"""In float16 the operator computes coordinates in float16 too. On a map of up to 64 pixels each is off by up to a 32nd
of a pixel, so along both axes, on maps whose neighbours differ by up to 1, a value is off by up to a 16th. A gradient
adds the errors of the 49 bins that may lie on one pixel, a 49th each and of either sign."""


@dataclass(frozen=True)
class Difference:
    """The largest absolute difference of one comparison, and the box on which it occurred.

    `subject` was compared with `route`; `place` says whether its boxes lie inside the map or concern its border.
    """

    subject: str
    route: str
    dtype: str
    device: str
    setting: str
    place: str
    what: str
    max_abs: float
    worst: str

    @property
    def allowed(self) -> float:
        """Give the tolerance, which is that of the precision."""
        return TOLERANCES.get(f"{self.dtype} {self.what}", TOLERANCES[self.dtype])

    @property
    def within(self) -> bool:
        """Tell whether the difference is one of rounding; NaN never is."""
        return self.max_abs <= self.allowed

    def __str__(self) -> str:
        """Say it in a line a person can act on."""
        return (
            f"{self.subject}: {self.what} differ from {self.route} by {self.max_abs:.3g} on {self.worst!r} "
            f"({self.dtype}, {self.device}, {self.setting}; allowed {self.allowed:.0e})"
        )


def largest(
    found: NDArray[np.floating],
    expected: NDArray[np.float64],
    names: tuple[str, ...],
    *,
    among: NDArray[np.bool_] | None = None,
) -> tuple[float, str]:
    """Find the largest difference of two arrays and the name of its row; NaN counts as infinite, none as 0.

    `among` marks the rows to look at.
    """
    if found.shape != expected.shape:
        return float("inf"), f"shape {found.shape} in place of {expected.shape}"
    if not len(expected):
        return 0.0, "no box"
    gaps = np.nan_to_num(np.abs(found.astype(np.float64) - expected), nan=np.inf, posinf=np.inf)
    by_row = gaps.reshape(len(gaps), -1).max(axis=1)
    by_row = by_row if among is None else np.where(among, by_row, -1.0)
    return float(by_row.max()), names[int(by_row.argmax())]


def faults(differences: Iterable[Difference]) -> list[str]:
    """Put every difference beyond its tolerance into a line, the largest first."""
    return [str(found) for found in sorted(differences, key=lambda d: -d.max_abs) if not found.within]


def finite(max_abs: float) -> float | None:
    """Give a difference as JSON can hold it: None where the answer could not even be compared."""
    return max_abs if max_abs < float("inf") else None


def summarise(differences: Iterable[Difference]) -> list[dict[str, object]]:
    """Keep the largest difference of each subject, route, quantity, precision, device and place."""
    worst: dict[tuple[str, ...], Difference] = {}
    for found in differences:
        key = (found.subject, found.route, found.what, found.dtype, found.device, found.place)
        if key not in worst or found.max_abs > worst[key].max_abs:
            worst[key] = found
    return [
        {
            "subject": d.subject,
            "against": d.route,
            "what": d.what,
            "dtype": d.dtype,
            "device": d.device,
            "boxes": d.place,
            "max_abs_diff": finite(d.max_abs),
            "allowed": d.allowed,
            "worst_box": d.worst,
            "setting": d.setting,
            "within": d.within,
        }
        for d in worst.values()
    ]


def largest_by_place(differences: Iterable[Difference], subject: str) -> dict[str, dict[str, dict[str, float | None]]]:
    """Give a subject's largest difference from every route by precision, quantity and place of its boxes."""
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for d in sorted(differences, key=lambda d: d.max_abs):
        if d.subject == subject:
            found.setdefault(d.dtype, {}).setdefault(d.what, {})[d.place] = finite(d.max_abs)
    return found
