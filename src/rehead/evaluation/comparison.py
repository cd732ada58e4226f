"""Which of two models is better on one test split: a paired bootstrap over its images.

Both models see the same resamples, so what makes an image hard for both cancels out (Efron and Tibshirani 1993): the
interval of the difference is narrower than the two intervals of the models would say.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.coco_map import HEADS, evaluate_heads, measurable_heads
from rehead.evaluation.matches import matches_of
from rehead.evaluation.uncertainty import (
    THRESHOLDS,
    draws_of,
    least_images,
    mean_over_classes,
    middle_of,
    precisions,
)

BETTER, WORSE, UNDECIDED, EQUAL = "better", "worse", "not enough data", "equal"
_LEAST_LEAD = 1e-9
"""Below it two numbers differ by rounding alone."""
_POWER = 0.8
"""Chance with which as many images as are asked for would tell the difference."""


@dataclass(frozen=True)
class Difference:
    """One number of two models, 0..1; `low` and `high` bound the second's lead over the first, if images suffice."""

    first: float | None
    second: float | None
    low: float | None
    high: float | None
    verdict: str
    """Of the second model: better, worse, equal in every resample, or not enough data to tell."""
    images_needed: int | None
    """How many test images like these would tell such a difference four times in five; None where these tell, or where
    so few of them make the difference that nobody can say. Where too few hold objects, the least for any verdict."""


_UNDEFINED = Difference(None, None, None, None, UNDECIDED, None)


@dataclass(frozen=True)
class Comparison:
    """The second model against the first: AP, AP50 and AP75 of each head, and each class's AP of the `judged` one."""

    heads: dict[str, dict[str, Difference]]
    per_class: dict[str, Difference]
    images: int
    resamples: int
    confidence: float
    judged: str
    """The head that decides: mask, or box where results lack masks."""

    @property
    def verdict(self) -> str:
        """Say what the AP of the judged head says of the second model."""
        return self.heads[self.judged]["AP"].verdict

    def as_dict(self) -> dict[str, Any]:
        """Give the comparison as JSON."""
        return asdict(self) | {"verdict": self.verdict}


def compare(
    truth: dict[str, Any],
    first: list[dict[str, Any]],
    second: list[dict[str, Any]],
    *,
    max_detections: int,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare two models' results on one truth; all three must have passed the strict readers of `rehead.coco`.

    A verdict is given where the interval of the difference leaves 0 out, and at least as many images hold objects as
    `least_images` says. Of K classes without any difference, about K (1 - confidence) get one by chance. A head that
    either model's results lack is undefined.
    """
    images = len(truth["images"])
    # The first "draw" is the split as it is: each image once.
    draws_ri = np.vstack([np.ones((1, images), dtype=np.int32), draws_of(images, resamples=resamples, seed=seed)])
    known = [head for head in measurable_heads(first) if head in measurable_heads(second)]
    sides = [evaluate_heads(truth, one, max_detections=max_detections, heads=known) for one in (first, second)]
    heads = {head: dict.fromkeys(THRESHOLDS, _UNDEFINED) for head in HEADS}
    names = [c["name"] for c in sorted(truth["categories"], key=lambda c: int(c["id"]))]
    per_class = dict.fromkeys(names, _UNDEFINED)
    judged = "mask" if "mask" in known else "box"
    for head in known if names else ():
        found = [matches_of(side[head]) for side in sides]
        by_class = [[precisions(matches, draws_ri) for matches in classes] for classes in found]
        held_ki = np.array([matches.objects_i for matches in found[0]])
        means = [mean_over_classes(classes) for classes in by_class]
        for name, at in THRESHOLDS.items():
            heads[head][name] = _difference([mean_rt[:, at] for mean_rt in means], held_ki.sum(axis=0), confidence)
        if head == judged:
            each = zip(names, held_ki, *by_class, strict=True)
            per_class = {name: _difference(pair, held_i, confidence) for name, held_i, *pair in each}
    return Comparison(heads, per_class, images, resamples, confidence, judged)


def refuse_other_data(datasets: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ValueError unless all of these, by the names of their owners, are one and the same split."""
    known = {name: data["fingerprint"] for name, data in datasets.items() if data.get("fingerprint")}
    if len(set(known.values())) > 1:
        told = ", ".join(f"{name} on {fingerprint[:12]}" for name, fingerprint in known.items())
        raise ValueError(
            f"the scores are of different data ({told}), so no difference between them means anything: "
            "score both models on one test split first"
        )


def _difference(values: Sequence[NDArray[np.float64]], objects_i: NDArray[np.int64], confidence: float) -> Difference:
    """Judge one number of both models from its values in the split as it is and in each resample (1+R,T)."""
    one, other = (values_rt.mean(axis=1) for values_rt in values)
    first, second = (None if math.isnan(each[0]) else float(each[0]) for each in (one, other))
    if first is None or second is None:
        return Difference(first, second, None, None, UNDECIDED, None)
    images, holding, least = len(objects_i), np.count_nonzero(objects_i), least_images(confidence)
    if holding < least:
        return Difference(first, second, None, None, UNDECIDED, math.ceil(images * least / holding))
    bounds = middle_of(other[1:] - one[1:], confidence)
    if bounds is None:
        return Difference(first, second, None, None, UNDECIDED, None)
    low, high = bounds
    same = -_LEAST_LEAD <= low <= high <= _LEAST_LEAD
    verdict = EQUAL if same else BETTER if low > 0 else WORSE if high < 0 else UNDECIDED
    needed = _needed(second - first, low, high, images, confidence) if verdict == UNDECIDED else None
    return Difference(first, second, low, high, verdict, needed)


def _needed(lead: float, low: float, high: float, images: int, confidence: float) -> int | None:
    """Estimate the images that tell a lead from chance, by how far the end of its interval has to move.

    The interval narrows with the root of their number. An end at 0 is that of resamples without the few images that
    make the lead, and narrows otherwise.
    """
    end = low if lead > 0 else high
    if abs(lead) <= _LEAST_LEAD or abs(end) <= _LEAST_LEAD:
        return None
    sure = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
    reach = (lead - end) * (1.0 + NormalDist().inv_cdf(_POWER) / sure)
    return math.ceil(images * (reach / lead) ** 2)
