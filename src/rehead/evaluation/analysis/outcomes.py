"""What became of every detection of a split, and of every object, by COCO's matching with any set of objects ignored.

Shapes: N detections and M annotations of all images in a row, images by ascending id, T = 10 IoU thresholds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.pairs import Picture
from rehead.evaluation.candidates import Candidates
from rehead.evaluation.matching import matched_ignoring

AT_50, AT_75 = 0, 5
"""Places of IoU 0.5 and 0.75 among the thresholds."""

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lineup:
    """Detections and annotations in a row, and where each stands among COCO's candidates."""

    candidates: Candidates
    row_n: Ints
    row_m: Ints
    scores_n: NDArray[np.float64]
    classes_n: Ints
    classes_m: Ints
    crowd_m: Bools


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Which annotation (its place in the row, -1 for none) each detection met, whether it counts, what was wanted."""

    scores_n: NDArray[np.float64]
    classes_n: Ints
    met_tn: Ints
    counted_tn: Bools
    classes_m: Ints
    wanted_m: Bools
    """Annotations that are to be found: neither crowd regions nor ignored."""

    @property
    def hits_tn(self) -> Bools:
        """Tell which detections found an object."""
        return (self.met_tn >= 0) & self.counted_tn

    def objects(self, category: int) -> int:
        """Count the objects of a class that are to be found."""
        return int((self.wanted_m & (self.classes_m == category)).sum())


@dataclass(frozen=True, eq=False)
class Matching:
    """One image by COCO's matching at IoU 0.5: whom each detection met (place in the image, -1: none), if it counts."""

    met_d: Ints
    counted_d: Bools

    @property
    def hits_d(self) -> Bools:
        """Tell which detections found an object."""
        return (self.met_d >= 0) & self.counted_d


def lineup_of(pictures: Sequence[Picture], candidates: Candidates) -> Lineup:
    """Put the pictures' detections and annotations in a row; `candidates` are those of the same truth and results."""
    return Lineup(
        candidates,
        np.argsort(candidates.result_n)[_ranks(np.concatenate([one.place_d for one in pictures]))],
        np.argsort(candidates.object_m)[_ranks(np.concatenate([one.place_a for one in pictures]))],
        np.concatenate([one.scores_d for one in pictures]),
        np.concatenate([one.classes_d for one in pictures]),
        np.concatenate([one.classes_a for one in pictures]),
        np.concatenate([one.crowd_a for one in pictures]),
    )


def outcomes_of(lineup: Lineup, *, outside_m: Bools | None = None, outside_n: Bools | None = None) -> Outcomes:
    """Match all detections with the objects of their classes.

    Annotations `outside` are ignored as COCO ignores areas outside a range: who meets one counts neither way, and nor
    does a detection that lies outside and meets none.
    """
    ignored_m = lineup.crowd_m if outside_m is None else lineup.crowd_m | outside_m
    outside_n = np.zeros(len(lineup.row_n), dtype=np.bool_) if outside_n is None else outside_n
    back_n, back_m = np.argsort(lineup.row_n), np.argsort(lineup.row_m)
    object_tn, counted_tn = matched_ignoring(lineup.candidates, ignored_m[back_m], outside_n[back_n])
    met_tn = np.append(back_m, -1)[object_tn]
    return Outcomes(
        lineup.scores_n,
        lineup.classes_n,
        met_tn[:, lineup.row_n],
        counted_tn[:, lineup.row_n],
        lineup.classes_m,
        ~ignored_m,
    )


def matchings_of(outcomes: Outcomes, pictures: Sequence[Picture]) -> list[Matching]:
    """Cut the row back into images."""
    ends_n = np.cumsum([0, *(len(one.found) for one in pictures)]).tolist()
    starts_m = np.cumsum([0, *(len(one.annotations) for one in pictures)]).tolist()
    met_n, counted_n = outcomes.met_tn[AT_50], outcomes.counted_tn[AT_50]
    return [
        Matching(np.where(met_n[first:end] < 0, -1, met_n[first:end] - start), counted_n[first:end])
        for (first, end), start in zip(pairwise(ends_n), starts_m, strict=False)
    ]


def _ranks(values: Ints) -> Ints:
    """Number distinct values by their order."""
    return np.argsort(np.argsort(values))
