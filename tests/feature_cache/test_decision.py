from dataclasses import replace

import pytest

from rehead.dataset.plan import AugmentPlan
from rehead.feature_cache.decision import Prospect, decide, expected_views

PHOTOGRAPHS = Prospect(
    images=100, epochs=20, views=2.0, macs=8e8, macs_a_second=5e10, pixels=5e5, bytes_each=8e5, known=0
)


def test_a_trunk_seen_again_and_again_is_worth_keeping() -> None:
    decision = decide(PHOTOGRAPHS, cap_gb=20)
    assert decision.use
    assert "20 epoch(s) show an image in 2.0 views" in decision.line
    assert "160.0 MB" in decision.line


def test_features_that_do_not_fit_under_the_cap_are_not_kept() -> None:
    decision = decide(PHOTOGRAPHS, cap_gb=0.1)
    assert decision.line == "feature cache off: features would take 160.0 MB, and train.feature_cache_gb is 0.1"


def test_images_that_are_hardly_seen_twice_alike_are_not_kept() -> None:
    decision = decide(replace(PHOTOGRAPHS, epochs=3, views=2.6), cap_gb=20)
    assert not decision.use
    assert "3 epoch(s) show an image in 2.6 views" in decision.reason


def test_features_that_are_there_already_are_used_however_seldom() -> None:
    assert decide(replace(PHOTOGRAPHS, epochs=1, views=1.0, known=100), cap_gb=20).use


def test_what_is_computed_faster_than_it_is_read_is_not_kept() -> None:
    fast = replace(PHOTOGRAPHS, macs_a_second=1e13, pixels=1e4)
    assert fast.gain < 0
    assert not decide(fast, cap_gb=20).use


@pytest.mark.parametrize(
    ("plan", "epochs", "views"),
    [
        (AugmentPlan(flip_horizontal=0.0), 10, 1.0),
        (AugmentPlan(flip_horizontal=0.5), 1, 1.0),
        (AugmentPlan(flip_horizontal=0.5), 2, 1.5),
        (AugmentPlan(flip_horizontal=0.1), 2, 1.18),
        (AugmentPlan(flip_horizontal=0.5, flip_vertical=0.5, transpose=0.5), 1000, 8.0),
    ],
)
def test_the_views_that_an_image_is_expected_in(plan: AugmentPlan, epochs: int, views: float) -> None:
    assert expected_views(plan, epochs=epochs) == pytest.approx(views)
