"""Which pictures the page shows."""

from typing import Any

from rehead.reporting.browser_choice import choose_images

QUALITIES = {1: 0.9, 2: 0.1, 3: 0.5, 4: 0.7, 5: 0.3, 6: 1.0}
ANALYSIS: dict[str, Any] = {
    "images": [{"image_id": key, "quality": value} for key, value in QUALITIES.items()],
    "rankings": {"worst": [2, 5, 3], "best": [6, 1], "surprising": [4]},
    "label_errors": [{"image_id": 5}, {"image_id": 5}, {"image_id": 3}],
}


def test_groups_choose_in_turn() -> None:
    chosen = choose_images(ANALYSIS, QUALITIES, limit=4)
    assert chosen == {"worst": [2, 5], "label errors": [5], "surprising": [4], "best": [6], "all": [2, 5, 4, 6]}


def test_a_picture_stands_in_every_group_that_names_it() -> None:
    chosen = choose_images(ANALYSIS, QUALITIES, limit=6)
    assert (chosen["worst"], chosen["label errors"]) == ([2, 5, 3], [5, 3])


def test_the_worst_of_the_rest_fill_the_page() -> None:
    chosen = choose_images(ANALYSIS | {"rankings": {}, "label_errors": []}, QUALITIES, limit=3)
    assert chosen == {"all": [2, 5, 3]}


def test_without_an_analysis_the_first_pictures_are_shown() -> None:
    assert choose_images({}, [4, 2, 9], limit=2) == {"all": [4, 2]}


def test_a_ranked_image_of_another_split_is_passed_over() -> None:
    assert choose_images({"rankings": {"worst": [77]}}, [4], limit=2) == {"all": [4]}


def test_no_picture_is_asked_for() -> None:
    assert choose_images(ANALYSIS, QUALITIES, limit=0) == {}
