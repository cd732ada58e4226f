from dataclasses import replace

import pytest

from rehead.dataset.plan import AugmentPlan
from rehead.feature_cache.decision import Prospect, decide, expected_views

PHOTOGRAPHS = Prospect(
    images=100, epochs=20, views=2.0, macs=8e8, macs_a_second=5e10, pixels=5e5, bytes_each=8e5, room_bytes=2e10
)


def test_a_trunk_seen_again_and_again_is_worth_keeping() -> None:
    decision = decide(PHOTOGRAPHS)
    assert decision.use
    assert "20 epoch(s) show an image in 2.0 views" in decision.line
    assert "160.0 MB" in decision.line


def test_where_there_is_no_room_for_all_features_some_of_them_are_kept() -> None:
    decision = decide(replace(PHOTOGRAPHS, room_bytes=8e7))
    assert decision.use
    assert "with 80.0 MB of 160.0 MB, all that train.feature_cache_gb allows it spares" in decision.line
    assert replace(PHOTOGRAPHS, room_bytes=8e7).gain == pytest.approx(PHOTOGRAPHS.gain / 2)


def test_where_there_is_room_for_few_features_none_is_kept() -> None:
    assert not decide(replace(PHOTOGRAPHS, room_bytes=1e7)).use


def test_images_that_are_hardly_seen_twice_alike_are_not_kept() -> None:
    decision = decide(replace(PHOTOGRAPHS, epochs=3, views=2.6))
    assert not decision.use
    assert "3 epoch(s) show an image in 2.6 views" in decision.reason


def test_what_is_computed_faster_than_it_is_read_is_not_kept() -> None:
    fast = replace(PHOTOGRAPHS, macs_a_second=1e13, pixels=1e4)
    assert fast.gain < 0
    assert not decide(fast).use


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
