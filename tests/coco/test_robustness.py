"""No JSON, however strange, ends in anything but a report."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehead.coco.checking import report_on
from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_dataset
from rehead.coco.rendering import lines_of
from rehead.coco.results import ResultsError, read_results
from rehead.coco.truth import document_of

odd = st.sampled_from(
    [None, True, -1, 0, 2**70, 10**400, 1.5, float("nan"), float("inf"), 1e300, "", "\ud800", "\x1b[2J"]
)
values = st.recursive(
    odd | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """List every (container, key) in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in [(value, key), *_places(inner)]]


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_document_spoiled_anywhere_gives_a_report(data: st.DataObject, sound: Any, tmp_path: Path) -> None:
    document = sound()
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(_places(document)))
        container[key] = data.draw(values)
    file = tmp_path / "x.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    log = FaultLog()
    found = read_dataset(file, None, log)
    assert lines_of(report_on(file, {"all": found} if found else {}, log))
    if found is not None and not log.rejected:
        json.dumps(document_of(found), allow_nan=False)


@given(values)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_document_of_any_value_gives_a_report(tmp_path: Path, value: Any) -> None:
    (tmp_path / "x.json").write_text(json.dumps(value), encoding="utf-8")
    log = FaultLog()
    assert read_dataset(tmp_path / "x.json", None, log) is None
    assert log.rejected


@given(data=st.data())
@settings(max_examples=120)
def test_results_spoiled_anywhere_are_read_or_refused(data: st.DataObject) -> None:
    mask = {"size": [48, 64], "counts": [10, 20, 3042]}
    results: list[Any] = [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5, "segmentation": mask}]
    container, key = data.draw(st.sampled_from(_places(results)))
    container[key] = data.draw(values)
    truth = {"images": [{"id": 1, "height": 48, "width": 64}], "categories": [{"id": 1}]}
    with contextlib.suppress(ResultsError):
        json.dumps(read_results(results, truth), allow_nan=False)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"{", b'{"images": {"a": 1}}', b"\x00" * 10, b"[" * 5000])
def test_bytes_that_are_no_document_give_a_report(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(data)
    log = FaultLog()
    assert read_dataset(tmp_path / "x.json", None, log) is None
    assert log.rejected
