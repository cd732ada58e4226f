"""What some seeds say about all: a mean with its interval by Student's t, and differences between paired runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from scipy.special import stdtrit

Interval = tuple[float, float]


@dataclass(frozen=True)
class Spread:
    """A number over seeds: its mean and each seed's; the interval is None below two seeds, all None if undefined."""

    mean: float | None
    interval: Interval | None
    by_seed: dict[int, float | None]


def spread_of(by_seed: dict[int, float | None], *, confidence: float) -> Spread:
    """Average a number over seeds. Where it is undefined for one seed, so is the mean."""
    values = [value for value in by_seed.values() if value is not None]
    if not values or len(values) < len(by_seed):
        return Spread(None, None, by_seed)
    return Spread(fmean(values), t_interval(values, confidence=confidence), by_seed)


def t_interval(values: Sequence[float], *, confidence: float) -> Interval | None:
    """Give the interval that holds the mean of all seeds with this confidence, were they normal; None below two."""
    if len(values) < 2:
        return None
    reach = float(stdtrit(len(values) - 1, (1.0 + confidence) / 2.0)) * stdev(values) / sqrt(len(values))
    return fmean(values) - reach, fmean(values) + reach


def excludes_zero(interval: Interval | None) -> bool:
    """Tell whether an interval lies on one side of zero."""
    return interval is not None and (interval[0] > 0.0 or interval[1] < 0.0)
