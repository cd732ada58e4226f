"""The references by hand-made examples: what a person can work out with a pencil."""

import numpy as np
import pytest

from rehead.roi_align.reference import (
    Floats,
    pooled_ranges,
    roi_align,
    roi_align_with_gradient,
    roi_pool,
    roi_pool_with_gradient,
    round_half_away,
    sample_positions,
)

RAMP = (np.arange(6.0)[:, None] * 10 + np.arange(6.0))[None]  # the value at (y, x) is 10 y + x


def align(box: tuple[float, float, float, float], **settings: float) -> Floats:
    return roi_align(RAMP, box, size=2, scale=1.0, samples=2, **settings)[0]  # type: ignore[arg-type]


def test_a_bin_of_a_linear_ramp_is_its_value_at_the_centre() -> None:
    assert align((1.0, 1.0, 3.0, 3.0)) == pytest.approx(np.array([[16.5, 17.5], [26.5, 27.5]]))


def test_aligned_moves_the_box_by_half_a_pixel() -> None:
    assert align((1.0, 1.0, 3.0, 3.0), aligned=True) == pytest.approx(np.array([[11.0, 12.0], [21.0, 22.0]]))


def test_without_aligned_a_box_is_at_least_one_pixel_wide() -> None:
    assert align((2.0, 2.0, 2.0, 2.0)) == pytest.approx(align((2.0, 2.0, 3.0, 3.0)))


def test_samples_up_to_one_pixel_outside_read_the_edge() -> None:
    assert roi_align(RAMP, (-1.0, 2.0, 0.0, 3.0), size=1, scale=1.0, samples=1) == pytest.approx(np.array([[[25.0]]]))


def test_samples_farther_outside_read_zero() -> None:
    assert roi_align(RAMP + 1, (-3.0, 2.0, -1.5, 3.0), size=1, scale=1.0, samples=1) == pytest.approx(0.0)


def test_the_far_border_reaches_one_pixel_beyond_the_last() -> None:
    beyond = [roi_align(RAMP, (x, 2.0, x + 1, 3.0), size=1, scale=1.0, samples=1).item() for x in (5.5, 5.51)]
    assert beyond == pytest.approx([30.0, 0.0])


def test_adaptive_sampling_takes_one_sample_a_feature_pixel() -> None:
    positions = sample_positions(0.0, 40.0, size=2, scale=0.25, samples=0, aligned=False)
    assert positions == [[0.5, 1.5, 2.5, 3.5, 4.5], [5.5, 6.5, 7.5, 8.5, 9.5]]


def test_a_degenerate_box_under_adaptive_aligned_sampling_reads_nothing() -> None:
    assert roi_align(RAMP + 1, (2.0, 2.0, 2.0, 2.0), size=2, scale=1.0, samples=0, aligned=True) == pytest.approx(0.0)


def test_roi_pool_takes_the_maximum_of_whole_pixels() -> None:
    assert roi_pool(RAMP, (0.6, 0.6, 4.4, 4.4), size=2, scale=1.0)[0].tolist() == [[22.0, 24.0], [42.0, 44.0]]


def test_roi_pool_gives_zero_where_a_bin_holds_no_pixel() -> None:
    assert roi_pool(RAMP + 1, (10.0, 10.0, 20.0, 20.0), size=2, scale=1.0) == pytest.approx(0.0)


def test_pooled_ranges_overlap_where_bins_are_not_whole() -> None:
    assert pooled_ranges(0.0, 2.0, size=2, scale=1.0, limit=6) == [(0, 2), (1, 3)]


@pytest.mark.parametrize(("value", "rounded"), [(0.5, 1), (1.5, 2), (2.5, 3), (-0.5, -1), (-2.5, -3), (2.49, 2)])
def test_halves_are_rounded_away_from_zero(value: float, rounded: int) -> None:
    assert round_half_away(value) == rounded


def test_one_precision_rounds_the_last_bin_past_the_box() -> None:
    ends = [pooled_ranges(0.0, 56.0, size=7, scale=1.0, limit=99, precision=p)[-1][1] for p in (np.float32, np.float64)]
    assert ends == [58, 57]


def test_a_maximum_hands_its_gradient_to_the_first_pixel_that_held_it() -> None:
    upstream = np.ones((1, 1, 1))
    gradient = roi_pool_with_gradient(np.ones((1, 3, 3)), (0.0, 1.0, 2.0, 2.0), upstream, scale=1.0)[1]
    assert gradient[0].tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]


def test_the_gradient_of_roi_align_is_its_share_in_each_bin() -> None:
    upstream = np.ones((1, 1, 1))
    gradient = roi_align_with_gradient(
        np.zeros((1, 3, 3)), (0.0, 0.0, 1.0, 1.0), upstream, scale=1.0, samples=1, aligned=False
    )[1]
    assert gradient[0].tolist() == [[0.25, 0.25, 0], [0.25, 0.25, 0], [0, 0, 0]]
