"""The objects of one picture as the page draws them: outline, class, score, state, and who belongs to whom."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rehead.evaluation.analysis.outcomes import Matching
from rehead.evaluation.analysis.pairs import Picture
from rehead.reporting import palette
from rehead.reporting.browser_outlines import COARSEST_SIDE, GRID_SIDE, Outline, grid_size, outline
from rehead.reporting.browser_states import FOUND, Verdict, verdicts_on
from rehead.reporting.overlays import Object, class_position

_ATTRIBUTES = 150
"""Bytes of an object in the page beside its outline."""


@dataclass(frozen=True)
class Shown:
    """A true object, or a detection where `score` is given."""

    outline: Outline
    kind: int
    """Its class's place among the classes."""
    tint: str
    """Colour as CSS."""
    state: str
    """Of an object: found, missed or crowd, at the thresholds. Of a detection: the state of its verdict."""
    at: int | None
    """Number of the object within the picture: its own, or that of the one which a detection found or was meant for."""
    score: float | None = None
    iou: float | None = None
    below: bool = False
    """Whether a detection stays under its class's threshold."""

    @property
    def size(self) -> int:
        """Give about how many bytes it takes in the page."""
        return _ATTRIBUTES + len(self.outline.path)


@dataclass(frozen=True)
class Objects:
    """What is drawn on a picture, large ones first, on a grid of that height and width.

    `left_out` counts the detections that there was no room for; `coarse` tells whether the grid had to give way too.
    """

    truth: tuple[Shown, ...]
    predictions: tuple[Shown, ...]
    left_out: int
    grid_hw: tuple[int, int]
    coarse: bool

    @property
    def seen(self) -> list[Shown]:
        """List what is seen at the thresholds."""
        return [*self.truth, *(one for one in self.predictions if not one.below)]


def shown_objects(
    picture: Picture,
    matching: Matching,
    size_hw: tuple[int, int],
    names: Mapping[int, str],
    *,
    thresholds: Mapping[int, float],
    room: int,
) -> Objects:
    """Outline what is labelled and what was found in a picture of `size_hw` pixels.

    `thresholds` are scores by category id. From where the detections take more than `room` bytes of the page, those
    below their threshold are left out; where even the others and what is labelled take more than twice that, all lie
    on a coarser grid. Raises ValueError when a mask's size is not the picture's.
    """
    shown_d, verdicts = picture.shown_d(thresholds), verdicts_on(picture, matching)
    found = {one.object_at for one, shown in zip(verdicts, shown_d, strict=True) if shown and one.state == FOUND}

    def on_grid(side: int) -> Objects:
        truth = [
            Shown(outline(one, *size_hw, side=side), *_look(one, at, names), _state_of(one, found=at in found), at)
            for at, one in enumerate(picture.annotations)
        ]
        predictions, taken = [], 0
        for row, (one, verdict) in enumerate(zip(picture.found, verdicts, strict=True)):
            if taken > room and not shown_d[row]:
                continue
            line = outline(one, *size_hw, side=side)
            predictions.append(_prediction(one, line, verdict, row, picture, names, below=not shown_d[row]))
            taken += predictions[-1].size
        left_out = len(picture.found) - len(predictions)
        grid_hw = grid_size(*size_hw, side=side)
        return Objects(_large_first(truth), _large_first(predictions), left_out, grid_hw, coarse=False)

    objects = on_grid(GRID_SIDE)
    outlines = sum(len(one.outline.path) for one in objects.seen)
    spare = 2 * room - sum(one.size for one in objects.seen) + outlines
    side = max(COARSEST_SIDE, int(max(objects.grid_hw) * spare / max(outlines, 1)))
    return replace(on_grid(side), coarse=True) if side < max(objects.grid_hw) else objects


def _prediction(
    one: Object,
    line: Outline,
    verdict: Verdict,
    row: int,
    picture: Picture,
    names: Mapping[int, str],
    *,
    below: bool,
) -> Shown:
    number = len(picture.annotations) + row if verdict.object_at is None else verdict.object_at
    kind, tint = _look(one, number, names)
    score = float(one["score"])  # all digits, by which the page compares it with the threshold
    return Shown(line, kind, tint, verdict.state, verdict.object_at, score, verdict.iou, below)


def _look(one: Object, number: int, names: Mapping[int, str]) -> tuple[int, str]:
    """Name class and colour: an object and its detection have one colour where there is a single class."""
    kind = class_position(one["category_id"], names)
    if one.get("iscrowd"):
        return kind, palette.as_hex(palette.CROWD)
    return kind, palette.as_hex(palette.colour(number if len(names) == 1 else kind))


def _state_of(one: Object, *, found: bool) -> str:
    return "crowd" if one.get("iscrowd") else FOUND if found else "missed"


def _large_first(objects: list[Shown]) -> tuple[Shown, ...]:
    return tuple(sorted(objects, key=lambda one: -one.outline.area))
