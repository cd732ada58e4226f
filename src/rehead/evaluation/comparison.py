"""Which of two models is better on one test split: a paired bootstrap over its images.

Both models see the same resamples, so what makes an image hard for both cancels out (Efron and Tibshirani 1993): the
interval of the difference is narrower than the two intervals of the models would say.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.coco_map import HEADS, evaluate_heads, measurable_heads
from rehead.evaluation.matches import matches_of
from rehead.evaluation.uncertainty import THRESHOLDS, draws_of, mean_over_classes, middle_of, precisions

BETTER, WORSE, UNDECIDED, EQUAL = "better", "worse", "not enough data", "equal"
_LEAST_LEAD = 1e-9
"""Below it two numbers differ by rounding alone."""


@dataclass(frozen=True)
class Difference:
    """One number of two models, 0..1; `low` and `high` bound the second's lead over the first."""

    first: float | None
    second: float | None
    low: float | None
    high: float | None
    verdict: str
    """Of the second model: better, worse, equal in every resample, or not enough data to tell."""
    images_needed: int | None
    """How many test images like these would tell such a difference from chance; None where these do."""


_UNDEFINED = Difference(None, None, None, None, UNDECIDED, None)


@dataclass(frozen=True)
class Comparison:
    """The second model against the first: AP, AP50 and AP75 of each head, and each class's mask AP."""

    heads: dict[str, dict[str, Difference]]
    per_class: dict[str, Difference]
    images: int
    resamples: int
    confidence: float

    @property
    def verdict(self) -> str:
        """Say what the mask AP says of the second model."""
        return self.heads["mask"]["AP"].verdict

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

    A verdict is given where the interval of the difference leaves 0 out. Of K classes without any difference, about
    K (1 - confidence) get one by chance. A head that either model's results lack is undefined.
    """
    images = len(truth["images"])
    # The first "draw" is the split as it is: each image once.
    draws_ri = np.vstack([np.ones((1, images), dtype=np.int32), draws_of(images, resamples=resamples, seed=seed)])
    known = [head for head in measurable_heads(first) if head in measurable_heads(second)]
    sides = [evaluate_heads(truth, one, max_detections=max_detections, heads=known) for one in (first, second)]
    heads = {head: dict.fromkeys(THRESHOLDS, _UNDEFINED) for head in HEADS}
    names = [c["name"] for c in sorted(truth["categories"], key=lambda c: int(c["id"]))]
    per_class = dict.fromkeys(names, _UNDEFINED)
    for head in known if names else ():
        by_class = [[precisions(matches, draws_ri) for matches in matches_of(side[head])] for side in sides]
        means = [mean_over_classes(classes) for classes in by_class]
        for name, at in THRESHOLDS.items():
            heads[head][name] = _difference([mean_rt[:, at] for mean_rt in means], images, confidence)
        if head == "mask":
            pairs = zip(names, *by_class, strict=True)
            per_class = {name: _difference(pair, images, confidence) for name, *pair in pairs}
    return Comparison(heads, per_class, images, resamples, confidence)


def refuse_other_data(datasets: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ValueError unless all of these, by the names of their owners, are one and the same split."""
    known = {name: data["fingerprint"] for name, data in datasets.items() if data.get("fingerprint")}
    if len(set(known.values())) > 1:
        told = ", ".join(f"{name} on {fingerprint[:12]}" for name, fingerprint in known.items())
        raise ValueError(
            f"the scores are of different data ({told}), so no difference between them means anything: "
            "score both models on one test split first"
        )


def _difference(values: Sequence[NDArray[np.float64]], images: int, confidence: float) -> Difference:
    """Judge one number of both models from its values in the split as it is and in each resample (1+R,T)."""
    one, other = (values_rt.mean(axis=1) for values_rt in values)
    first, second = (None if math.isnan(each[0]) else float(each[0]) for each in (one, other))
    bounds = middle_of(other[1:] - one[1:], confidence)
    if first is None or second is None or bounds is None:
        return Difference(first, second, None, None, UNDECIDED, None)
    low, high = bounds
    verdict = BETTER if low > 0 else WORSE if high < 0 else EQUAL if low == high == 0 else UNDECIDED
    needed = None
    lead = second - first
    if verdict == UNDECIDED and abs(lead) > _LEAST_LEAD:
        # The interval narrows with the root of the number of images, and the end of it that lies beyond 0 has to move.
        reach = lead - (low if lead > 0 else high)
        needed = max(math.ceil(images * (reach / lead) ** 2), images + 1)
    return Difference(first, second, low, high, verdict, needed)
