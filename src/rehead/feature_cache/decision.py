"""Whether keeping features pays, from numbers alone."""

from dataclasses import dataclass
from math import prod

from rehead.dataset.plan import AugmentPlan

_READ_BYTES_A_SECOND = 0.6e9
"""Mapped, checked and put into a batch: 0.77 MB take 1.1 ms and 21.6 MB 35 ms of one core's time."""
_WRITE_BYTES_A_SECOND = 0.5e9
_DECODED_PIXELS_A_SECOND = 5e7
"""From a file to an image as the trunk wants it."""
_LEAST_GAIN = 0.25
"""Of the time that all passes take: for less, the disk is better left alone."""


@dataclass(frozen=True)
class Decision:
    """Whether features are kept, and why, in half a sentence."""

    use: bool
    reason: str

    @property
    def line(self) -> str:
        """Say it in one line."""
        return f"feature cache {'on' if self.use else 'off'}: {self.reason}"


@dataclass(frozen=True)
class Prospect:
    """What one depth's features come to for a split; `macs`, `pixels` and `bytes_each` are those of a mean image."""

    images: int
    epochs: int
    """In which an image is seen in one of few views."""
    views: float
    """How many of them an image is expected to be seen in."""
    macs: float
    """Multiply-adds of the frozen part."""
    macs_a_second: float
    pixels: float
    """Of the file, to be decoded."""
    bytes_each: float
    known: int = 0
    """Entries that are there already."""

    @property
    def computed(self) -> float:
        """Count the features that have to be computed even so."""
        return max(self.images * self.views - self.known, 0.0)

    @property
    def needed_bytes(self) -> float:
        """Count the bytes of all of them."""
        return self.images * self.views * self.bytes_each

    @property
    def gain(self) -> float:
        """Give the share of the time for loading images and the frozen part that is spared; below 0, it takes more."""
        each = self.macs / self.macs_a_second + self.pixels / _DECODED_PIXELS_A_SECOND
        passes = self.images * self.epochs
        computing = self.computed * (each + self.bytes_each / _WRITE_BYTES_A_SECOND)
        reading = max(passes - self.computed, 0.0) * self.bytes_each / _READ_BYTES_A_SECOND
        return 1.0 - (computing + reading) / (passes * each)


def expected_views(plan: AugmentPlan, *, epochs: int) -> float:
    """Give in how many different views an image is expected to be seen in so many epochs."""
    chances = (prod(p if done else 1.0 - p for p, done in zip(plan.turns, v, strict=True)) for v in plan.views())
    return sum(1.0 - (1.0 - chance) ** epochs for chance in chances)


def decide(prospect: Prospect, *, cap_gb: float) -> Decision:
    """Say whether features are worth keeping within `cap_gb`."""
    needed = _told(prospect.needed_bytes)
    if prospect.needed_bytes > cap_gb * 1e9:
        return Decision(False, f"features would take {needed}, and train.feature_cache_gb is {cap_gb:g}")
    seen = f"{prospect.epochs} epoch(s) show an image in {prospect.views:.1f} views"
    gain = f"{max(prospect.gain, 0.0):.0%} of the time for loading and the frozen part"
    if prospect.gain < _LEAST_GAIN:
        return Decision(False, f"{seen}, so it would spare {gain}, less than {_LEAST_GAIN:.0%}")
    return Decision(True, f"{seen}, so it spares about {gain} and takes {needed}")


def _told(count: float) -> str:
    """Say a number of bytes."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
