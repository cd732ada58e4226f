"""Whatever segmentation the reader lets through, three evaluators can take it and agree on it."""

from typing import Any

import numpy as np
import pytest
from faster_coco_eval.core import mask as faster
from hotcoco import mask as hot
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as native

from rehead.coco.faults import FaultLog
from rehead.coco.segmentations import Mask, read_segmentation

HEIGHT, WIDTH = 12, 16
numbers = st.one_of(
    st.integers(-20, 30),
    st.floats(-20, 30),
    st.sampled_from([float("nan"), float("inf"), 1e9, -1, 2**31, 10**400, True, "1", None]),
)
polygons = st.lists(st.lists(numbers, max_size=12), max_size=3)
runs = st.lists(st.one_of(st.integers(0, 40), st.sampled_from([-1, 2**32, 192, 1.5])), max_size=12)
texts = st.one_of(st.text("0123456789:;<=>?@ABCPQRSTU`abcdefghijklmno", max_size=12), st.text(max_size=4))
sizes = st.one_of(st.just([HEIGHT, WIDTH]), st.lists(st.integers(-2, 20), max_size=3))
filled = runs.filter(
    lambda counts: all(type(count) is int and count >= 0 for count in counts) and sum(counts) <= 192
).map(lambda counts: [*counts, HEIGHT * WIDTH - sum(counts)])
rles = st.fixed_dictionaries({"size": sizes, "counts": st.one_of(runs, texts, filled, filled, st.none())})
segmentations = st.one_of(polygons, rles, st.none(), st.text(max_size=5), st.integers())


def _read(segmentation: Any) -> Mask | None:
    log = FaultLog()
    found = read_segmentation({"segmentation": segmentation}, HEIGHT, WIDTH, "annotations[0]", log.of("x.json"))
    assert found is not None or log.faults, "what is refused must be named"
    return found


@given(segmentations)
@settings(max_examples=700)
def test_evaluators_agree_on_every_mask_let_through(segmentation: Any) -> None:
    found = _read(segmentation)
    if found is None:
        return
    rle = {"size": [HEIGHT, WIDTH], "counts": found.counts}
    mask_hw = native.decode(rle)
    np.testing.assert_array_equal(mask_hw, faster.decode(rle))
    np.testing.assert_array_equal(mask_hw, hot.decode(rle))
    assert int(mask_hw.sum()) == found.area
    for library in (native, faster, hot):
        assert float(np.asarray(library.iou([rle], [rle], [0])).item()) == 1.0


@pytest.mark.parametrize("at", range(6))
@pytest.mark.parametrize("huge_at", range(6))
def test_a_huge_integer_beside_a_number_that_is_none_is_a_fault(at: int, huge_at: int) -> None:
    part: list[float] = [1, 1, 1, 9, 9, 9]
    part[at], part[huge_at] = float("nan"), 10**400
    assert _read([[1, 1, 1, 9, 9, 9], part]) is None
