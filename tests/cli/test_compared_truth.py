"""The truth that two models are compared on, as other tools write it."""

from pathlib import Path
from typing import Any

import pytest

from rehead.cli.compared import compare_sides
from rehead.files import write_json
from tests.evaluation.test_comparison import found, truth_of


def compared(folder: Path, truth: dict[str, Any]) -> Any:
    """Compare a model that finds all with one that misses an object, on 4 images; give the first one's mask AP."""
    write_json(folder / "truth.json", truth)
    write_json(folder / "all.json", found(truth_of(4)))
    write_json(folder / "fewer.json", found(truth_of(4), missed={1}))
    full, fewer = (str(folder / f"{name}.json") for name in ("all", "fewer"))
    told = compare_sides(full, fewer, folder / "truth.json", resamples=100, confidence=0.95)
    return told["heads"]["mask"]["AP"]["first"]


def test_annotations_may_be_numbered_from_0(tmp_path: Path) -> None:
    truth = truth_of(4)
    truth["annotations"] = [one | {"id": number} for number, one in enumerate(truth["annotations"])]
    assert compared(tmp_path, truth) == pytest.approx(1.0)


def test_objects_may_be_polygons(tmp_path: Path) -> None:
    truth = truth_of(4)
    for one in truth["annotations"]:
        x, y, w, h = one["bbox"]
        one["segmentation"] = [[x, y, x + w, y, x + w, y + h, x, y + h]]
    assert compared(tmp_path, truth) == pytest.approx(1.0)
