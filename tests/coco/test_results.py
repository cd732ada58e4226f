"""Results are checked wholly before an evaluator sees them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rehead.coco.results import ResultsError, check_results, read_results
from rehead.coco.rle import encode, polygons_to_rle

TRUTH = {"images": [{"id": 1, "height": 48, "width": 64}], "categories": [{"id": 1}]}
MASK = polygons_to_rle([[10, 10, 10, 30, 30, 30, 30, 10]], 48, 64)
NAN = float("nan")


def _results(n: int = 2) -> list[dict[str, Any]]:
    one = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "score": 0.9, "segmentation": dict(MASK)}
    return [dict(one) for _ in range(n)]


SPOILED: list[tuple[str, Callable[[list[Any]], object]]] = [
    ("result-score", lambda r: r[0].update(score=NAN)),
    ("result-score", lambda r: r[0].update(score="0.9")),
    ("result-score", lambda r: r[0].update(score=10**400)),
    ("result-score", lambda r: r[0].update(score=float("inf"))),
    ("result-score", lambda r: r[0].update(score=True)),
    ("result-score", lambda r: r[0].pop("score")),
    ("result-image", lambda r: r[0].update(image_id=99)),
    ("result-category", lambda r: r[0].update(category_id=0)),
    ("result-bbox", lambda r: r[0].update(bbox=[NAN] * 4)),
    ("result-bbox", lambda r: r[0].update(bbox=[1, 1, -1, 1])),
    ("result-bbox", lambda r: r[0].update(bbox=[])),
    ("result-bbox", lambda r: r[0].pop("bbox")),
    ("result-segmentation", lambda r: r[0].update(segmentation=None)),
    ("result-segmentation", lambda r: r[0].pop("segmentation")),
    ("result-field", lambda r: r.append(None)),
    ("rle-size", lambda r: r[0].update(segmentation={"size": [96, 128], "counts": [96 * 128]})),
    ("rle-counts", lambda r: r[0].update(segmentation={"size": [48, 64], "counts": [5]})),
    ("id-type", lambda r: r[0].update(image_id="a")),
    ("id-text", lambda r: r[0].update(image_id="1")),
]


@pytest.mark.parametrize(("code", "spoil"), SPOILED, ids=[f"{n}-{code}" for n, (code, _) in enumerate(SPOILED)])
def test_spoiled_results_are_refused_by_name(code: str, spoil: Callable[[list[Any]], object]) -> None:
    results = _results()
    spoil(results)
    with pytest.raises(ResultsError) as caught:
        read_results(results, TRUTH)
    assert set(caught.value.fault_counts) == {code}


def test_all_faults_are_counted_in_one_pass() -> None:
    with pytest.raises(ResultsError) as caught:
        read_results([{**r, "score": NAN, "bbox": None} for r in _results(30)], TRUTH)
    assert caught.value.fault_counts == {"result-score": 30, "result-bbox": 30}


def test_an_unknown_image_is_not_also_a_missing_box() -> None:
    masks = [{key: value for key, value in r.items() if key != "bbox"} for r in _results()]
    with pytest.raises(ResultsError) as caught:
        read_results([masks[0], masks[1] | {"image_id": 99}], TRUTH)
    assert caught.value.fault_counts == {"result-image": 1}


def test_sound_results_come_back_whole() -> None:
    assert read_results(_results(), TRUTH)[0] == {
        "image_id": 1,
        "category_id": 1,
        "bbox": [10.0, 10.0, 20.0, 20.0],
        "score": 0.9,
        "segmentation": MASK,
    }


def test_results_without_masks_are_box_results() -> None:
    results = [{key: value for key, value in r.items() if key != "segmentation"} for r in _results()]
    assert "segmentation" not in read_results(results, TRUTH)[0]


@pytest.mark.parametrize("results", [[], [{**_results()[0], "bbox": [10, 10, 0, 0]}]])
def test_no_results_and_boxes_of_size_zero_are_allowed(results: list[Any]) -> None:
    assert len(read_results(results, TRUTH)) == len(results)


def test_an_empty_predicted_mask_is_allowed() -> None:
    results = [{**_results()[0], "segmentation": {"size": [48, 64], "counts": [3072]}}]
    assert len(read_results(results, TRUTH)) == 1


def test_detections_above_the_limit_are_warned_of() -> None:
    assert [fault.code for fault in check_results(_results(101), TRUTH).warnings] == ["result-limit"]


def test_a_file_of_results_is_read_as_strictly(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"annotations": _results()}), encoding="utf-8")
    with pytest.raises(ResultsError) as caught:
        read_results(file, TRUTH)
    assert caught.value.fault_counts == {"results-type": 1}


def test_a_fault_of_the_whole_file_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps([{**_results()[0], "score": NAN}]), encoding="utf-8")
    with pytest.raises(ResultsError) as caught:
        read_results(file, TRUTH)
    assert f"\n{file}: 1 number(s) are NaN or Infinity" in str(caught.value)


def test_where_no_result_has_a_box_it_is_the_masks() -> None:
    mask = np.zeros((48, 64), dtype=np.uint8)
    mask[10:20, 5:35] = 1
    truth = {
        "images": [{"id": 1, "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "nut"}],
        "annotations": [],
    }
    result = {"image_id": 1, "category_id": 1, "score": 0.5, "segmentation": encode(mask)}
    found = check_results([result], truth)
    assert found.results[0]["bbox"] == [5.0, 10.0, 30.0, 10.0]
    assert [fault.code for fault in found.warnings] == ["result-box-of-mask"]
