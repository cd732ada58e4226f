"""What the network is to see follows from how large objects are."""

import pytest

from rehead.cli.plans import Plans
from rehead.cli.scale import (
    advise_anchors,
    advise_detections,
    advise_input_size,
    advise_tile,
    pixels_seen,
    samples_an_image,
)
from tests.cli.surveys import measured, survey

TILED = Plans().with_value("data", "tile", {"size": 1024, "overlap": 0.25})
SEEN_AT_320 = Plans().with_value("model", "input_size", 320)


@pytest.mark.parametrize(("side", "size"), [(100.0, 160), (40.0, 320), (20.0, 640)])
def test_smaller_objects_ask_for_a_larger_input(side: float, size: int) -> None:
    assert advise_input_size(survey(measured(size=(1066, 800), side=side)), Plans()).value == size


@pytest.mark.parametrize(("size", "own"), [((800, 600), 576), ((100, 100), 96), ((64, 64), 64), ((20, 20), 32)])
def test_the_input_is_never_larger_than_the_images_but_for_padding(size: tuple[int, int], own: int) -> None:
    assert advise_input_size(survey(measured(size=size, side=5.0)), Plans()).value == own


def test_one_tiny_object_in_twenty_does_not_raise_the_input() -> None:
    assert advise_input_size(survey(measured(sides=(100.0,) * 19 + (4.0,))), Plans()).value == 160


def test_without_objects_the_input_stays_as_it_is() -> None:
    assert advise_input_size(survey(measured(objects=0)), SEEN_AT_320).value == 320


def test_with_tiles_the_input_follows_from_the_tile() -> None:
    assert advise_input_size(survey(measured(size=(4000, 3000), side=40.0)), TILED).value == 448


def test_the_reason_says_how_large_nine_of_ten_objects_are_then() -> None:
    advice = advise_input_size(survey(measured(size=(1066, 800), side=40.0)), Plans())
    assert advice.because == "nine of ten objects reach 16 px; from images of 800 px"


def test_the_reason_says_where_the_files_hold_no_more() -> None:
    assert "hardly more in the files" in advise_input_size(survey(measured(side=5.0)), Plans()).because


def test_the_reason_says_where_more_would_cost_too_much() -> None:
    assert "cost too much" in advise_input_size(survey(measured(size=(1600, 1200), side=14.0)), Plans()).because


@pytest.mark.parametrize(
    ("size", "side"), [((800, 600), 5.0), ((1600, 1200), 14.0), ((4000, 3000), 100.0), ((1400, 1400), 5.0)]
)
def test_images_whose_objects_an_input_can_show_are_not_cut(size: tuple[int, int], side: float) -> None:
    assert advise_tile(survey(measured(size=size, side=side)), Plans()).value is None


def test_large_images_of_small_objects_are_cut() -> None:
    advice = advise_tile(survey(measured(size=(4000, 3000), side=30.0)), Plans())
    assert advice.value == {"size": 1024, "overlap": 0.1}


def test_larger_objects_ask_for_a_larger_overlap() -> None:
    found = measured(size=(8000, 6000), sides=(30.0, 30.0, 200.0))
    assert advise_tile(survey(found), Plans()).value == {"size": 1024, "overlap": 0.4}


def test_neighbouring_tiles_share_what_holds_the_large_objects() -> None:
    found = measured(size=(8000, 6000), sides=(30.0, 30.0, 900.0))
    tile = advise_tile(survey(found), Plans()).value
    assert tile["size"] * tile["overlap"] >= 900


def test_no_objects_are_no_reason_to_cut() -> None:
    assert advise_tile(survey(measured(size=(4000, 3000), objects=0)), Plans()).value is None


@pytest.mark.parametrize(("most", "limit"), [(0, 100), (80, 100), (120, 150), (300, 400), (3000, 2000)])
def test_detections_leave_room_above_the_fullest_image(most: int, limit: int) -> None:
    assert advise_detections(survey(measured(images=2, objects=most)), Plans()).value == limit


def test_an_image_with_more_objects_than_can_be_reported_is_told() -> None:
    assert "more than the 2000" in advise_detections(survey(measured(images=1, objects=3000)), Plans()).because


def test_anchors_that_fit_stay() -> None:
    assert advise_anchors(survey(measured(side=100.0)), SEEN_AT_320).value is None


def test_anchors_that_miss_are_replaced_and_both_figures_told() -> None:
    advice = advise_anchors(survey(measured(side=14.0)), SEEN_AT_320)
    assert (len(advice.value), advice.because.count("%")) == (5, 2)


def test_anchors_stay_where_no_others_hold_more() -> None:
    found = measured(size=(64, 64), sides=(1.0, 2.0))
    assert advise_anchors(survey(found), Plans().with_value("model", "input_size", 64)).value is None


def test_pixels_are_those_of_a_tile_where_images_are_cut() -> None:
    plans = TILED.with_value("model", "input_size", 512)
    assert pixels_seen(measured(images=1, size=(4000, 2000)), plans).tolist() == [512 * 512]


def test_the_network_sees_the_image_at_its_input_size() -> None:
    assert pixels_seen(measured(images=1, size=(800, 600)), SEEN_AT_320) == pytest.approx([427 * 320], rel=0.01)


@pytest.mark.parametrize(("objects", "samples"), [(100, 20), (4, 6), (0, 0)])
def test_tiles_without_objects_count_half_of_those_with(objects: int, samples: int) -> None:
    assert samples_an_image(measured(images=1, size=(4000, 3000), objects=objects), TILED).tolist() == [samples]


def test_images_that_are_not_cut_count_once() -> None:
    assert samples_an_image(measured(images=2, size=(800, 600)), TILED).tolist() == [1, 1]
