"""Arithmetic of our own says what the libraries say, up to the last bit or two."""

import math
import platform

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehead.coco.arithmetic import cosine, fill, sine
from rehead.coco.rle import decode, polygons_to_rle

tenths = st.integers(0, 400).map(lambda value: value / 10)
outlines = st.lists(st.tuples(tenths, tenths), min_size=3, max_size=12)


@given(st.floats(-1e5, 1e5))
def test_sines_and_cosines_are_right_to_the_last_digits(angle: float) -> None:
    assert float(sine(angle)) == pytest.approx(math.sin(angle), abs=1e-15)
    assert float(cosine(angle)) == pytest.approx(math.cos(angle), abs=1e-10)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="elsewhere cocoapi may round a sum and a product at once")
@given(outlines)
def test_outlines_are_filled_as_cocoapi_does(points: list[tuple[float, float]]) -> None:
    expected = decode(polygons_to_rle([[value for point in points for value in point]], 40, 40))
    np.testing.assert_array_equal(fill(np.array(points), 40), expected == 1)
