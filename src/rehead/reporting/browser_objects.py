"""The objects of one picture as the page draws them: outline, class, score, state, and who belongs to whom."""

from collections.abc import Mapping
from dataclasses import dataclass

from rehead.evaluation.analysis.outcomes import Matching
from rehead.evaluation.analysis.pairs import Picture
from rehead.reporting import palette
from rehead.reporting.browser_outlines import Outline, outline
from rehead.reporting.browser_states import FOUND, Verdict, verdicts_on
from rehead.reporting.overlays import Object, class_position


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


@dataclass(frozen=True)
class Objects:
    """What is drawn on a picture, large ones first, and how many detections were left out for want of room."""

    truth: tuple[Shown, ...]
    predictions: tuple[Shown, ...]
    left_out: int


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

    `thresholds` are scores by category id. From where the outlines of detections take more than `room` bytes, those
    below their threshold are left out. Raises ValueError when a mask's size is not the picture's.
    """
    shown_d = picture.shown_d(thresholds)
    verdicts = verdicts_on(picture, matching)
    found = {one.object_at for one, shown in zip(verdicts, shown_d, strict=True) if shown and one.state == FOUND}
    truth = [
        Shown(outline(one, *size_hw), *_look(one, at, names), _state_of(one, found=at in found), at)
        for at, one in enumerate(picture.annotations)
    ]
    predictions, taken = [], 0
    for row, (one, verdict) in enumerate(zip(picture.found, verdicts, strict=True)):
        if taken > room and not shown_d[row]:
            continue
        predictions.append(_prediction(one, verdict, row, size_hw, picture, names, below=not shown_d[row]))
        taken += len(predictions[-1].outline.path)
    return Objects(_large_first(truth), _large_first(predictions), len(picture.found) - len(predictions))


def _prediction(
    one: Object,
    verdict: Verdict,
    row: int,
    size_hw: tuple[int, int],
    picture: Picture,
    names: Mapping[int, str],
    *,
    below: bool,
) -> Shown:
    number = len(picture.annotations) + row if verdict.object_at is None else verdict.object_at
    kind, tint = _look(one, number, names)
    score = round(float(one["score"]), 4)
    return Shown(outline(one, *size_hw), kind, tint, verdict.state, verdict.object_at, score, verdict.iou, below)


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
