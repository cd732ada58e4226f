"""A split judged by one head: every image with who met whom, and what a user sees of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.matching import Matching, Outcomes, match, outcomes_of
from rehead.evaluation.analysis.pairs import ENOUGH, Entry, Picture

STEPS = np.array([ENOUGH, 0.75])
"""IoU thresholds of the matchings; all but precision-recall curves read the first alone."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Images by ascending id, their matchings by one head at `STEPS`, and what became of all detections in a row.

    `names` gives the classes by ascending category id, `least` the score from which detections of each are shown.
    """

    head: str
    names: Mapping[int, str]
    least: Mapping[int, float]
    pictures: Sequence[Picture]
    matchings: Sequence[Matching]
    outcomes: Outcomes

    def __iter__(self) -> Iterator[tuple[Picture, Matching, NDArray[np.bool_]]]:
        """Yield each image with its matching and which of its detections (D) are shown."""
        for picture, matching in zip(self.pictures, self.matchings, strict=True):
            yield picture, matching, picture.shown_d(self.least)


def judge(pictures: Sequence[Picture], head: str, *, names: Mapping[int, str], least: Mapping[int, float]) -> Judged:
    """Match every image by one head."""
    matchings = [match(picture, head, thresholds_t=STEPS) for picture in pictures]
    return Judged(head, names, least, pictures, matchings, outcomes_of(pictures, matchings, list(names)))


def names_of(truth: Entry) -> dict[int, str]:
    """Name the classes by ascending category id."""
    return {one["id"]: one["name"] for one in sorted(truth["categories"], key=lambda one: one["id"])}
