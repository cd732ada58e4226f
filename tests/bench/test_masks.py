"""How many canonical masks are made in a second, against pycocotools' own way: `annToMask`, then `encode`."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as native
from pycocotools.coco import COCO

from rehead.coco.faults import FaultLog
from rehead.coco.segmentations import read_segmentation
from rehead.files import write_json
from tests.bench.drawing import FORMS, drawn_object

REPORT = Path("reports/bench/masks.json")
HEIGHT, WIDTH = 480, 640
_OBJECTS, _ROUNDS = 300, 5


def _seconds(make: Callable[[dict[str, Any]], Any], objects: Sequence[dict[str, Any]]) -> float:
    started = time.process_time()
    for entry in objects:
        make(entry)
    return time.process_time() - started


def _compared(form: str) -> dict[str, float]:
    """Make the same masks both ways in turns; the best of each counts."""
    rng = np.random.default_rng(0)
    objects = [drawn_object(rng, form, HEIGHT, WIDTH) | {"image_id": 1} for _ in range(_OBJECTS)]
    others, faults = COCO(), FaultLog().of("drawn")
    others.imgs = {1: {"height": HEIGHT, "width": WIDTH}}

    def ours(entry: dict[str, Any]) -> Any:
        return read_segmentation(entry, HEIGHT, WIDTH, "annotation", faults)

    def theirs(entry: dict[str, Any]) -> Any:
        return native.encode(np.asfortranarray(others.annToMask(entry)))

    assert all(ours(entry).counts.encode() == theirs(entry)["counts"] for entry in objects)
    turns = [(_seconds(ours, objects), _seconds(theirs, objects)) for _ in range(_ROUNDS)]
    mine, pycocotools = (min(times) for times in zip(*turns, strict=True))
    return {
        "masks_per_second": round(_OBJECTS / mine),
        "pycocotools_per_second": round(_OBJECTS / pycocotools),
        "ratio": round(pycocotools / mine, 2),
    }


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, float]]:
    found = {form: _compared(form) for form in FORMS}
    write_json(REPORT, found)
    return found


@pytest.mark.bench
@pytest.mark.parametrize("form", FORMS)
def test_checked_canonical_masks_are_made_faster_than_by_pycocotools(
    figures: dict[str, dict[str, float]], form: str
) -> None:
    assert figures[form]["ratio"] > 1
