"""Each class's detections by score, hits told from the rest: what thresholds are chosen by and judged on.

A detection is a hit if its mask meets an object of its class at IoU 0.5, matched as COCO does: the best score first, so
leaving the lower scores out changes no match above them. What lies on a crowd region counts neither way.

Shapes: D detections that count, best first; I images.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.coco_map import evaluate_heads
from rehead.evaluation.matches import Matches, matches_of

_AT_IOU_50 = 0


@dataclass(frozen=True)
class Ranked:
    """Detections best first: whether each is a hit, in which image it is, and how many objects each image has."""

    scores_d: NDArray[np.float64]
    hits_d: NDArray[np.bool_]
    image_d: NDArray[np.int64]
    objects_i: NDArray[np.int64]

    @property
    def objects(self) -> int:
        """Count the objects that are to be found."""
        return int(self.objects_i.sum())

    @property
    def reached(self) -> dict[str, float | None]:
        """Give `precision`, `recall` and `f1`; None where there is nothing to divide by."""
        kept, hits = len(self.hits_d), int(self.hits_d.sum())
        shares = {"precision": (hits, kept), "recall": (hits, self.objects), "f1": (2 * hits, kept + self.objects)}
        return {name: part / whole if whole else None for name, (part, whole) in shares.items()}

    def above(self, score: float) -> "Ranked":
        """Keep the detections from a score on."""
        kept_d = self.scores_d >= score
        return replace(self, scores_d=self.scores_d[kept_d], hits_d=self.hits_d[kept_d], image_d=self.image_d[kept_d])


def ranked_classes(
    truth: dict[str, Any], results: Sequence[dict[str, Any]], *, max_detections: int
) -> dict[str, Ranked]:
    """Match the masks of COCO results with truth; classes by name, in the order of their ids."""
    masks = evaluate_heads(truth, results, max_detections=max_detections, heads=["mask"])["mask"]
    return {name: _ranked(matches) for name, matches in zip(masks.classes, matches_of(masks), strict=True)}


def joined(classes: Sequence[Ranked]) -> Ranked:
    """Rank the detections of all classes together."""
    scores_d, hits_d, image_d = (
        np.concatenate([getattr(one, name) for one in classes]) for name in ("scores_d", "hits_d", "image_d")
    )
    order = np.argsort(-scores_d, kind="stable")
    objects_i = np.sum([one.objects_i for one in classes], axis=0)
    return Ranked(scores_d[order], hits_d[order], image_d[order], objects_i)


def _ranked(matches: Matches) -> Ranked:
    counted_d = matches.counted_td[_AT_IOU_50]
    hits_d = matches.hits_td[_AT_IOU_50][counted_d]
    return Ranked(matches.scores_d[counted_d], hits_d, matches.image_d[counted_d], matches.objects_i)
