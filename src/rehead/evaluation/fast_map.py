"""The daily way: precision and recall of boxes and masks by hotcoco, of boundaries, which it lacks, by our matching.

Measured beside faster-coco-eval on 1000 photographs of 80 classes: both give pycocotools' numbers, hotcoco to the last
bit, and takes 1/30 of pycocotools' time instead of 1/3.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

import hotcoco
import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.candidates import Candidates
from rehead.evaluation.curves import curves

_KINDS = {"box": ("bbox", "bbox"), "mask": ("segm", "segmentation")}
_has_threads: set[int] = set()
"""Processes that have hotcoco's threads: a process forked from one lacks them, and hotcoco would wait for ever."""


def precision_recall(
    truth: dict[str, Any],
    results: Sequence[dict[str, Any]],
    head: str,
    *,
    limits: Sequence[int],
    candidates: Callable[[], Candidates],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give precision TRKAL and recall TKAL as `curves` does, which takes over where hotcoco cannot."""
    if head not in _KINDS or (_has_threads and os.getpid() not in _has_threads):
        return curves(candidates(), limits)
    _has_threads.add(os.getpid())
    kind, field = _KINDS[head]
    own = [
        {key: result[key] for key in ("image_id", "category_id", "score", field)}
        for result in results
        if field in result
    ]
    known = hotcoco.COCO(truth)
    evaluation = hotcoco.COCOeval(known, known.loadRes(own), kind)
    evaluation.params.max_dets = list(limits)
    evaluation.evaluate()
    evaluation.accumulate()
    found: Any = evaluation.eval
    return np.asarray(found["precision"]), np.asarray(found["recall"])
