"""The order of an epoch's images, and how often each comes: once, or more often where its classes are rare."""

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rehead.dataset.plan import Balance
from rehead.dataset.split import Split


class Visit(NamedTuple):
    """An image's turn in an epoch: its place in the split, and how often it came before in this epoch."""

    place: int
    repeat: int


def visits(split: Split, *, balance: Balance, seed: int, epoch: int) -> list[Visit]:
    """Shuffle an epoch, which has as many visits as the split has images whatever the balance.

    With `classes` an image's expected number of visits is proportional to its repeat factor, and differs from it by
    less than one (systematic sampling).
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(split))
    if balance == "classes":
        factors = repeat_factors(split)[order]
        ends = np.cumsum(factors) * (len(split) / factors.sum())
        ends[-1] = len(split)  # which the rounding of the sum may miss
        counts = np.diff(np.floor(ends + rng.random()).astype(np.int64), prepend=0)
        order = rng.permutation(np.repeat(order, counts))
    seen: Counter[int] = Counter()
    found = []
    for index in order.tolist():
        found.append(Visit(index, seen[index]))
        seen[index] += 1
    return found


def repeat_factors(split: Split) -> NDArray[np.float64]:
    """Compute for each image how much more often it should come than one of the commonest class alone.

    Repeat-factor sampling (Gupta et al. 2019, LVIS, appendix B): with f the share of images that hold a class, the
    factor of a class is sqrt(t / f) and that of an image the largest of its classes. The paper's t of 0.001 never bears
    on a dataset of a few classes; here t is the largest f, so that no class is left out and none needs a threshold.
    Images without objects count as of the commonest class.
    """
    present = [{a["category_id"] for a in split.annotations.get(r.id, []) if not a["iscrowd"]} for r in split.images]
    images = Counter(label for labels in present for label in labels)
    most = max(images.values(), default=1)
    return np.array([max((np.sqrt(most / images[label]) for label in labels), default=1.0) for labels in present])
