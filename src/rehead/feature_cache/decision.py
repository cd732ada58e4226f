"""Whether keeping features pays, from numbers alone.

What lies in the folder already, and how full the disk is, are none of them: features are rounded as they are kept, so
the weights of a training must depend on neither.
"""

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
    room_bytes: float
    """What features may take, whatever there is of them."""

    @property
    def share(self) -> float:
        """Give the share of the features that there is room for."""
        return min(self.room_bytes / self.needed_bytes, 1.0)

    @property
    def needed_bytes(self) -> float:
        """Count the bytes of all of them."""
        return self.images * self.views * self.bytes_each

    @property
    def gain(self) -> float:
        """Give the share of the time for loading images and the frozen part that is spared; below 0, it takes more."""
        each = self.macs / self.macs_a_second + self.pixels / _DECODED_PIXELS_A_SECOND
        passes, entries = self.images * self.epochs, self.share * self.images * self.views
        read = max(self.share * passes - entries, 0.0)
        moving = entries * self.bytes_each / _WRITE_BYTES_A_SECOND + read * self.bytes_each / _READ_BYTES_A_SECOND
        return (read * each - moving) / (passes * each)


def expected_views(plan: AugmentPlan, *, epochs: int) -> float:
    """Give in how many different views an image is expected to be seen in so many epochs."""
    chances = (prod(p if done else 1.0 - p for p, done in zip(plan.turns, v, strict=True)) for v in plan.views())
    return sum(1.0 - (1.0 - chance) ** epochs for chance in chances)


def decide(prospect: Prospect) -> Decision:
    """Say whether features are worth keeping: all of them, or those that there is room for."""
    taken = _told(prospect.needed_bytes)
    if prospect.share < 1.0:
        taken = f"{_told(prospect.room_bytes)} of {taken}, all that train.feature_cache_gb allows"
    seen = f"{prospect.epochs} epoch(s) show an image in {prospect.views:.1f} views"
    gain = f"{max(prospect.gain, 0.0):.0%} of the time for loading and the frozen part"
    if prospect.gain < _LEAST_GAIN:
        return Decision(False, f"{seen}; with {taken} it would spare {gain}, less than {_LEAST_GAIN:.0%}")
    return Decision(True, f"{seen}; with {taken} it spares about {gain}")


def _told(count: float) -> str:
    """Say a number of bytes."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
