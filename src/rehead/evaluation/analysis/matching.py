"""COCO's matching of an image at many IoU thresholds, with any set of objects ignored, all at once.

Evaluators ignore objects by area alone; groups such as "at the border" need other sets, and the analysis needs to know
who met whom. With nothing ignored this is pycocotools' matching, ties included, which a test holds it to.

Shapes: S sets of ignored objects, T thresholds, D detections and A annotations of an image, N detections of all images.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.analysis.pairs import Picture

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Matching:
    """Which annotation (its place in the image, -1 for none) each detection met, and whether the detection counts."""

    met_std: NDArray[np.int64]
    counted_std: Bools
    objects_sa: Bools
    """Annotations that are to be found: neither crowd regions nor ignored."""

    @property
    def hits_std(self) -> Bools:
        """Tell which detections found an object."""
        return (self.met_std >= 0) & self.counted_std


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of all detections of all images, and how many objects each class has in each set."""

    scores_n: NDArray[np.float64]
    classes_n: NDArray[np.int64]
    hits_stn: Bools
    counted_stn: Bools
    objects: dict[int, NDArray[np.int64]]
    """Category id -> objects (S)."""


def match(
    picture: Picture,
    head: str,
    *,
    thresholds_t: NDArray[np.float64],
    outside_sa: Bools | None = None,
    outside_sd: Bools | None = None,
) -> Matching:
    """Match an image's detections with its objects of the same class, best score first, each object once.

    Annotations `outside` are ignored as COCO ignores areas outside a range: who meets one counts neither way, and nor
    does a detection that lies outside and meets none. Crowd regions are ignored and may be met again and again.
    """
    outside_sa = np.zeros((1, len(picture.annotations)), dtype=np.bool_) if outside_sa is None else outside_sa
    outside_sd = np.zeros((len(outside_sa), len(picture.found)), dtype=np.bool_) if outside_sd is None else outside_sd
    ignored_sa = outside_sa | picture.crowd_a
    iou_da = np.where(picture.same_da, picture.iou_da(head), 0.0)
    shape = len(outside_sa), len(thresholds_t)
    free_sta = np.ones((*shape, len(picture.annotations)), dtype=np.bool_)
    met_std = np.full((*shape, len(picture.found)), -1, dtype=np.int64)
    counted_std = np.repeat(~outside_sd[:, None], len(thresholds_t), axis=1)
    for row in np.nonzero((iou_da >= thresholds_t.min()).any(axis=1))[0]:
        near = _nearest(iou_da[row], thresholds_t.min())
        open_stk = free_sta[:, :, near] & (iou_da[row, near] >= thresholds_t[:, None])
        ignored_s1k = ignored_sa[:, None, near]
        # An ignored object is met only where no other can be.
        offers = np.concatenate([open_stk & ~ignored_s1k, open_stk & ignored_s1k], axis=2)
        sets, steps = np.nonzero(offers.any(axis=2))
        columns = near[offers[sets, steps].argmax(axis=1) % len(near)]
        met_std[sets, steps, row] = columns
        counted_std[sets, steps, row] = ~ignored_sa[sets, columns]
        free_sta[sets, steps, columns] = picture.crowd_a[columns]
    return Matching(met_std, counted_std, ~ignored_sa)


def outcomes_of(pictures: Sequence[Picture], matchings: Sequence[Matching], categories: Sequence[int]) -> Outcomes:
    """Put the detections of all images in one row, images in their order, and count the objects of each class."""
    sets, thresholds = matchings[0].met_std.shape[:2] if matchings else (1, 1)
    none = np.zeros((sets, thresholds, 0), dtype=np.bool_)
    classes_m = np.concatenate([np.zeros(0, dtype=np.int64), *(one.classes_a for one in pictures)])
    objects_sm = np.concatenate([none[:, 0], *(one.objects_sa for one in matchings)], axis=1)
    return Outcomes(
        np.concatenate([np.zeros(0), *(one.scores_d for one in pictures)]),
        np.concatenate([np.zeros(0, dtype=np.int64), *(one.classes_d for one in pictures)]),
        np.concatenate([none, *(one.hits_std for one in matchings)], axis=2),
        np.concatenate([none, *(one.counted_std for one in matchings)], axis=2),
        {category: objects_sm[:, classes_m == category].sum(axis=1) for category in categories},
    )


def _nearest(iou_a: NDArray[np.float64], least: float) -> NDArray[np.intp]:
    """List the annotations that overlap enough, most first; of equal ones COCO takes the last."""
    near = np.nonzero(iou_a >= least)[0][::-1]
    return near[np.argsort(-iou_a[near], kind="stable")]
