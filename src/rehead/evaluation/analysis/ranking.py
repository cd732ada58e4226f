"""How well each image was understood: the worst, the best, and those with errors that are unlike the model."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.calibration import bins_of, chances
from rehead.evaluation.analysis.judged import Judged
from rehead.evaluation.analysis.outcomes import Matching
from rehead.evaluation.analysis.pairs import Picture

MOST = 12
"""Images named in each ranking."""


@dataclass(frozen=True)
class PictureScore:
    """One picture's tally at score thresholds; `quality` is 1.0 when every object is outlined exactly."""

    image_id: int
    quality: float
    matched: int
    missed: int
    spurious: int


def tallies(judged: Judged) -> list[PictureScore]:
    """Score each picture by what is shown at or above the score of its class.

    Quality is panoptic quality over things (Kirillov et al. 2019): the IoU summed over matched pairs, divided by
    matches plus half of the missed and half of the spurious. Pairs are COCO's at IoU 0.5. Crowd regions, and what COCO
    ignores on them, count for nothing. A picture with neither objects nor detections has quality 1.0.
    """
    return [_tally(*one, head=judged.head) for one in judged]


def images_ranked(judged: Judged) -> dict[str, Any]:
    """Give each image's tally and surprise ("images"), and the ids of up to twelve of a kind ("rankings").

    Worst and best are by quality, the best of those where something was found; surprising by surprise, above 0.
    """
    scores, bits = tallies(judged), surprises(judged)
    files = [picture.image["file_name"] for picture in judged.pictures]
    worst = sorted((one for one in scores if one.quality < 1.0), key=_worst_first)
    best = sorted((one for one in scores if one.matched), key=lambda one: (-one.quality, -one.matched, one.image_id))
    odd = sorted((-bit, one.image_id) for bit, one in zip(bits, scores, strict=True) if bit > 0)
    return {
        "images": [
            asdict(one) | {"file_name": name, "surprise": bit}
            for one, name, bit in zip(scores, files, bits, strict=True)
        ],
        "rankings": {
            "worst": [one.image_id for one in worst[:MOST]],
            "best": [one.image_id for one in best[:MOST]],
            "surprising": [image_id for _, image_id in odd[:MOST]],
        },
    }


def surprises(judged: Judged) -> list[float]:
    """Say for each image, in bits, how unlike the model its errors are.

    Errors are shown detections that found no object, and objects that no shown detection found. The chance p of an
    error is that of all detections with such a score to be wrong, and that of all objects of the class to be missed.
    Each error adds log2(0.5 / p), nothing if it is as likely as not: one that happens in 1 of 16 such cases adds 3.
    """
    right, missing = chances(judged.outcomes), _chances_missed(judged)
    sums = []
    for picture, matching, shown_d in judged:
        wrong_d = shown_d & matching.counted_d & ~matching.hits_d
        missed = picture.classes_a[_missed_a(picture, matching, shown_d)].tolist()
        errors = [*(1.0 - right[bins_of(picture.scores_d[wrong_d])]), *(missing[key] for key in missed)]
        sums.append(float(np.maximum(np.log2(0.5 / np.array(errors)), 0.0).sum()))
    return sums


def _tally(picture: Picture, matching: Matching, shown_d: NDArray[np.bool_], *, head: str) -> PictureScore:
    hits = np.nonzero(shown_d & matching.hits_d)[0]
    overlap = float(picture.iou_da(head)[hits, matching.met_d[hits]].sum())
    missed = int(_missed_a(picture, matching, shown_d).sum())
    spurious = int((shown_d & matching.counted_d).sum()) - len(hits)
    weight = len(hits) + (missed + spurious) / 2
    return PictureScore(picture.image["id"], overlap / weight if weight else 1.0, len(hits), missed, spurious)


def _missed_a(picture: Picture, matching: Matching, shown_d: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which annotations are objects that no shown detection found."""
    missed_a = ~picture.crowd_a
    missed_a[matching.met_d[shown_d & matching.hits_d]] = False
    return missed_a


def _chances_missed(judged: Judged) -> dict[int, float]:
    """Give for each class the chance that an object is missed; one missed and one found are added (Laplace)."""
    missed = np.concatenate([p.classes_a[_missed_a(p, m, shown_d)] for p, m, shown_d in judged])
    counts = {key: int((missed == key).sum()) for key in judged.names}
    return {key: (count + 1) / (judged.outcomes.objects(key) + 2) for key, count in counts.items()}


def _worst_first(one: PictureScore) -> tuple[float, int, int]:
    return one.quality, -one.missed - one.spurious, one.image_id
