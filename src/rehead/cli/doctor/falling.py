"""Which losses of an overfitted batch fell: pure judgement of their courses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

LOSSES = ("loss_classifier", "loss_box_reg", "loss_mask", "loss_objectness", "loss_rpn_box_reg")
LEAST_STEPS = 8
"""Two values a quarter; with fewer, nothing is judged."""
_FALL = 0.9
_LOW = {
    "loss_classifier": 0.05,
    "loss_box_reg": 0.02,
    "loss_mask": 0.1,
    "loss_objectness": 0.02,
    "loss_rpn_box_reg": 0.02,
}
"""Values that a trained detector reaches: what begins there has nothing left to fall."""
_BARS = "▁▂▃▄▅▆▇█"
_BAR_CELLS = 12

Course = Literal["fell", "low", "frozen", "stuck", "rose"]


@dataclass(frozen=True)
class Fall:
    """The course of one loss: the highest median of an earlier quarter of the steps, and the last quarter's."""

    name: str
    course: Course
    before: float
    after: float
    values: tuple[float, ...]

    @property
    def sound(self) -> bool:
        """Say whether nothing is wrong with it."""
        return self.course in ("fell", "low", "frozen")

    def line(self) -> str:
        """Write it in one line with its course as bars."""
        notes = {"low": "low from the start", "frozen": "its modules are frozen", "fell": ""}
        note = notes.get(self.course, "DID NOT FALL")
        return f"{self.name:17} {self.before:7.3f} -> {self.after:7.3f}  {bars(self.values)}  {note}".rstrip()


def judge_courses(courses: Mapping[str, Sequence[float]], *, learning: Mapping[str, bool]) -> tuple[Fall, ...]:
    """Judge each loss by the medians of quarters of its steps; `learning` says which have anything that learns.

    A loss fell if its last quarter lies a tenth below the highest earlier one: the box loss may rise at first, since
    better proposals bring harder boxes. What is low throughout needs not fall.
    """
    return tuple(_judged(name, values, learns=learning[name]) for name, values in courses.items())


def bars(values: Sequence[float], *, cells: int = _BAR_CELLS) -> str:
    """Draw a course in a few characters, from zero to its highest value."""
    top = max(values, default=0.0) or 1.0
    groups = [values[at * len(values) // cells : (at + 1) * len(values) // cells] for at in range(cells)]
    return "".join(_BARS[round(median(group) / top * (len(_BARS) - 1))] for group in groups if group)


def _judged(name: str, values: Sequence[float], *, learns: bool) -> Fall:
    quarter = max(1, len(values) // 4)
    *earlier, after = [median(values[at * quarter :][:quarter]) for at in range(3)] + [median(values[-quarter:])]
    before = max(earlier)
    course: Course = "stuck"
    if not learns:
        course = "frozen"
    elif after <= _FALL * before:
        course = "fell"
    elif max(before, after) <= _LOW[name]:
        course = "low"
    elif after > before / _FALL:
        course = "rose"
    return Fall(name, course, before, after, tuple(values))
