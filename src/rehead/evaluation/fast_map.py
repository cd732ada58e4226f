"""The daily way: precision and recall of boxes and masks by hotcoco, of boundaries, which it lacks, by our matching.

Measured beside faster-coco-eval on 1000 photographs of 80 classes: both give pycocotools' numbers, hotcoco to the last
bit, and takes 1/30 of pycocotools' time instead of 1/3.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import hotcoco
import numpy as np
from numpy.typing import NDArray

from rehead.evaluation.candidates import Candidates
from rehead.evaluation.curves import curves

Entry = dict[str, Any]
Classes = defaultdict[int, list[Entry]]

_KINDS = {"box": ("bbox", "bbox"), "mask": ("segm", "segmentation")}
_MOST_CHARACTERS = 1 << 22
"""Run lengths scored at once, except that a class is never cut: hotcoco takes six times their memory."""
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
    known, found = (_by_class(entries) for entries in (truth["annotations"], _own(results, head)))
    groups = _groups([category["id"] for category in truth["categories"]], found)
    parts = [_scored(_part_of(truth, group, known), _joined(found, group), head, limits) for group in groups]
    precisions, recalls = zip(*parts, strict=True)
    return np.concatenate(precisions, axis=2), np.concatenate(recalls, axis=1)


def _own(results: Sequence[Entry], head: str) -> list[Entry]:
    """Keep of results what a head scores."""
    field = _KINDS[head][1]
    names = ("image_id", "category_id", "score", field)
    return [{name: result[name] for name in names} for result in results if field in result]


def _by_class(entries: Iterable[Entry]) -> Classes:
    classes: Classes = defaultdict(list)
    for entry in entries:
        classes[entry["category_id"]].append(entry)
    return classes


def _groups(ids: Iterable[int], found: Classes) -> Iterator[list[int]]:
    """Put classes together, in the order of their ids, as long as their results' run lengths are not too many."""
    group: list[int] = []
    held = 0
    for number in sorted(ids):
        size = sum(len(one["segmentation"]["counts"]) for one in found[number] if "segmentation" in one)
        if group and held + size > _MOST_CHARACTERS:
            yield group
            group, held = [], 0
        group.append(number)
        held += size
    yield group


def _part_of(truth: Entry, ids: Sequence[int], known: Classes) -> Entry:
    categories = [category for category in truth["categories"] if category["id"] in ids]
    return {**truth, "categories": categories, "annotations": _joined(known, ids)}


def _joined(classes: Classes, ids: Sequence[int]) -> list[Entry]:
    return [entry for number in ids for entry in classes[number]]


def _scored(
    truth: Entry, results: list[Entry], head: str, limits: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Let hotcoco score some classes."""
    known = hotcoco.COCO(truth)
    evaluation = hotcoco.COCOeval(known, known.loadRes(results), _KINDS[head][0])
    evaluation.params.max_dets = list(limits)
    evaluation.evaluate()
    evaluation.accumulate()
    found: Any = evaluation.eval
    return np.asarray(found["precision"]), np.asarray(found["recall"])
