"""The table of faults: each kind is provoked somewhere, and policies reach what they may."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehead.coco.kinds import KINDS

TESTS = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.rglob("test_*.py"))
Document = dict[str, Any]
Spoil = Callable[[Document], object]
NAN, INF = float("nan"), float("inf")


def _ann(**fields: Any) -> Spoil:
    return lambda d: d["annotations"][0].update(fields)


def _without(key: str) -> Spoil:
    return lambda d: d["annotations"][0].pop(key)


def _image(**fields: Any) -> Spoil:
    return lambda d: d["images"][0].update(fields)


def _category(**fields: Any) -> Spoil:
    return lambda d: d["categories"][0].update(fields)


def _rle(counts: Any, size: Any = (48, 64)) -> Spoil:
    return _ann(segmentation={"size": list(size), "counts": counts})


RUNS = [490, 20, *[28, 20] * 19, 3072 - 490 - 20 - 19 * 48]

SPOILED: list[tuple[str, Spoil]] = [
    ("table", lambda d: d.pop("annotations")),
    ("record-type", lambda d: d["annotations"].append(None)),
    ("field-missing", _without("image_id")),
    ("id-type", _ann(image_id=True)),
    ("id-type", _ann(id="a1")),
    ("id-text", _ann(id="1")),
    ("id-type", _ann(id=2**63)),
    ("id-type", _ann(id=1.5)),
    ("id-float", _ann(image_id=1.0)),
    ("id-negative", _ann(id=-1)),
    ("size-value", _image(width=0)),
    ("size-value", _image(width=10**6, height=10**6)),
    ("size-invalid", lambda d: (d["images"][0].pop("width"), d["images"][0].pop("height"))),
    ("file-name", _image(file_name=5)),
    ("file-name-twice", _image(file_name="2.png")),
    ("file-name-collision", _image(file_name="2.PNG")),
    ("image-id-duplicate", _image(id=2)),
    ("image-small", _image(width=4)),
    ("image-aspect", _image(width=2400, height=8)),
    ("annotation-id-duplicate", _ann(id=2)),
    ("annotation-id-zero", _ann(id=0)),
    ("annotation-id-missing", _without("id")),
    ("annotation-duplicate", lambda d: d["annotations"].append({**d["annotations"][0], "id": 9})),
    ("category-id-duplicate", _category(id=7)),
    ("category-id-zero", lambda d: (_category(id=0)(d), _ann(category_id=0)(d))),
    ("category-name", _category(name="")),
    ("category-name-duplicate", _category(name="dog")),
    ("category-name-similar", _category(name="D og ")),
    ("category-name-unsafe", _category(name="<b>\n")),
    ("category-unused", lambda d: d["categories"].append({"id": 9, "name": "bird"})),
    ("category-unknown", _ann(category_id=99)),
    ("categories-none", lambda d: d["categories"].clear()),
    ("image-unknown", _ann(image_id=99)),
    ("bbox-type", _ann(bbox=[1, 2, 3])),
    ("bbox-type", _without("bbox")),
    ("bbox-not-finite", _ann(bbox=[1, 2, NAN, 4])),
    ("bbox-degenerate", _ann(bbox=[10, 10, 0, 20])),
    ("bbox-degenerate", _ann(bbox=[10, 10, 1e-9, 20])),
    ("bbox-degenerate", _ann(bbox=[0.2, 0.2, 0.5, 0.5])),
    ("bbox-negative", _ann(bbox=[30, 30, -20, -20])),
    ("bbox-outside", _ann(bbox=[500, 500, 20, 20])),
    ("bbox-outside", _ann(bbox=[0, 0, 1e300, 1e300])),
    ("bbox-sticks-out", _ann(bbox=[-5, 10, 35, 20])),
    ("bbox-mismatch", _ann(bbox=[40, 5, 10, 10])),
    ("area-missing", _without("area")),
    ("area-invalid", _ann(area=-5)),
    ("area-mismatch", _ann(area=1)),
    ("iscrowd-missing", _without("iscrowd")),
    ("iscrowd-bool", _ann(iscrowd=False)),
    ("iscrowd-invalid", _ann(iscrowd="0")),
    ("crowd-polygon", _ann(iscrowd=1)),
    ("crowd-all", lambda d: [a.update(iscrowd=1) for a in d["annotations"]]),
    ("segmentation-missing", _without("segmentation")),
    ("segmentation-type", _ann(segmentation=None)),
    ("segmentation-type", _ann(segmentation=[1, 2, 3, 4, 5, 6])),
    ("segmentation-type", _ann(segmentation=[[[1, 2], [3, 4], [5, 6]]])),
    ("polygon-points", _ann(segmentation=[[1, 2, 3, 4]])),
    ("polygon-points", _ann(segmentation=[[1, 2, 3, 4, 5, 6, 7]])),
    ("polygon-part", _ann(segmentation=[[10, 10, 10, 30, 30, 30, 30, 10], []])),
    ("polygon-not-finite", _ann(segmentation=[[NAN, 10, 10, 30, 30, 30]])),
    ("polygon-not-finite", _ann(segmentation=[[INF, 10, -INF, 30, 30, 30]])),
    ("polygon-range", _ann(segmentation=[[1e9, 10, 10, 30, 30, 30]])),
    ("polygon-range", _ann(segmentation=[[10**400, 10, 10, 30, 30, 30]])),
    ("polygon-outside", _ann(segmentation=[[50, 10, 50, 30, 90, 30, 90, 10]])),
    ("polygon-many", _ann(segmentation=[[10, 10, 10, 30, 30, 30, 30, 10]] * 1001)),
    ("polygon-too-long", _ann(segmentation=[[0, 0, 900, 0] * 12_000])),
    ("rle-size", _rle(RUNS, size=(64, 48))),
    ("rle-size", _rle(RUNS, size=(10**6, 10**6))),
    ("rle-counts", _rle(RUNS[:-1])),
    ("rle-counts", _rle([*RUNS, 500])),
    ("rle-counts", _rle([600, -28, 2500])),
    ("rle-counts", _rle([0] * 100_000 + [3072])),
    ("rle-counts", _rle("")),
    ("rle-counts", _rle("o" * 100)),
    ("rle-counts", _rle("hello world!")),
    ("rle-counts", _rle("€")),
    ("rle-counts", _rle(None)),
    ("rle-zero-run", _rle([100, 0, 390, *RUNS[1:]])),
    ("mask-empty", _rle([3072])),
    ("mask-empty", _ann(segmentation=[[10, 10, 20, 20, 30, 30]])),
    ("images-none", lambda d: (d["images"].clear(), d["annotations"].clear())),
    ("annotations-none", lambda d: d["annotations"].clear()),
    ("images-unannotated", lambda d: d["annotations"].pop()),
    ("images-unseen", lambda d: None),
]

SPOILED_BYTES: list[tuple[str, bytes]] = [
    ("json-empty", b" \n"),
    ("json-encoding", json.dumps({"a": 1}).encode("utf-16")),
    ("json-bom", b"\xef\xbb\xbf{}"),
    ("json-syntax", b'{"images": [1, 2'),
    ("json-nesting", b'{"images": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ("json-number", b'{"images": ' + b"9" * 5000 + b"}"),
    ("json-constant", b'{"info": NaN}'),
    ("json-duplicate-key", b'{"images": [], "images": []}'),
    ("top-level", b"[]"),
]


@pytest.mark.parametrize(("code", "spoil"), SPOILED, ids=[f"{n}-{code}" for n, (code, _) in enumerate(SPOILED)])
def test_a_spoiled_document_is_named_by_its_kind_of_fault(
    code: str, spoil: Spoil, document: Document, read: Any
) -> None:
    spoil(document)
    _, log = read(document)
    assert code in log.totals()


@pytest.mark.parametrize(("code", "data"), SPOILED_BYTES, ids=[code for code, _ in SPOILED_BYTES])
def test_a_spoiled_file_is_named_by_its_kind_of_fault(code: str, data: bytes, read: Any) -> None:
    _, log = read(data)
    assert code in log.totals()


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_of_fault_is_named_in_a_test_that_provokes_it(code: str) -> None:
    assert f'"{code}"' in TESTS
