"""A split judged by boxes or by masks: every image with who met whom, and what a user sees of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.outcomes import Lineup, Matching, Outcomes, lineup_of, matchings_of, outcomes_of
from rehead.evaluation.analysis.pairs import FIELDS, Entry, Picture, pictures_of
from rehead.evaluation.candidates import candidates


@dataclass(frozen=True, eq=False)
class Judged:
    """Images by ascending id, their matchings by one head, and what became of all detections in a row.

    `names` gives the classes by ascending category id, `least` the score from which detections of each are shown.
    """

    head: str
    names: Mapping[int, str]
    least: Mapping[int, float]
    pictures: Sequence[Picture]
    lineup: Lineup
    outcomes: Outcomes
    matchings: Sequence[Matching]

    def __iter__(self) -> Iterator[tuple[Picture, Matching, NDArray[np.bool_]]]:
        """Yield each image with its matching and which of its detections (D) are shown."""
        for picture, matching in zip(self.pictures, self.matchings, strict=True):
            yield picture, matching, picture.shown_d(self.least)


def judge(
    truth: Entry, results: Sequence[Entry], *, heads: Sequence[str], least: Mapping[int, float], max_detections: int
) -> dict[str, Judged]:
    """Match every image by each head; truth and results must have passed the strict readers of `rehead.coco`.

    `least` gives a score for every category id. As in COCO, each class keeps its `max_detections` best of an image.
    """
    found = {head: candidates(truth, results, FIELDS[head], max_detections=max_detections) for head in heads}
    pictures = pictures_of(truth, results, found[heads[0]].result_n.tolist(), heads=heads)
    judged = {}
    for head in heads:
        lineup = lineup_of(pictures, found[head])
        outcomes = outcomes_of(lineup)
        matchings = matchings_of(outcomes, pictures)
        judged[head] = Judged(head, names_of(truth), least, pictures, lineup, outcomes, matchings)
    return judged


def heads_of(results: Sequence[Entry]) -> tuple[str, ...]:
    """Name the heads that results can be judged by; the last is what all but the box's own numbers rest on."""
    return tuple(head for head, field in FIELDS.items() if all(field in one for one in results))


def names_of(truth: Entry) -> dict[int, str]:
    """Name the classes by ascending category id."""
    return {one["id"]: one["name"] for one in sorted(truth["categories"], key=lambda one: one["id"])}
