"""Objects counted by people, and by a detector."""

from typing import Any

import pytest

from rehead.evaluation.analysis.report import analyse
from tests.evaluation.analysis.drawn import BOLT, Entry, found, square, truth_of

TRUTH = truth_of(square(0, 0), square(50, 0), square(0, 100, category=BOLT), square(0, 0, image=2), images=3)
RESULTS = found(
    (square(0, 0), 0.9), (square(0, 0, image=2), 0.9), (square(50, 0, image=2), 0.9), (square(90, 0, image=2), 0.2)
)


def counting(truth: Entry = TRUTH, results: list[Entry] = RESULTS) -> Any:
    return analyse(truth, results, thresholds={}, max_detections=100)["counting"]


def test_each_image_has_its_true_and_its_predicted_number() -> None:
    assert [(one["true"], one["predicted"]) for one in counting()["images"]] == [(3, 1), (1, 2), (0, 0)]


def test_images_are_named_by_their_files() -> None:
    assert [one["file_name"] for one in counting()["images"]] == ["1.png", "2.png", "3.png"]


def test_errors_of_both_signs_add_up_in_the_mean_and_cancel_in_the_bias() -> None:
    result = counting()
    three = (result["mean_absolute_error"], result["bias"], result["exact_share"])
    assert three == pytest.approx((1.0, -1 / 3, 1 / 3), abs=1e-6)


def test_classes_are_counted_apart() -> None:
    assert counting()["per_class"]["bolt"] == pytest.approx(
        {"mean_absolute_error": 1 / 3, "bias": -1 / 3, "exact_share": 2 / 3}, abs=1e-6
    )


def test_crowds_count_on_neither_side() -> None:
    truth = truth_of(square(0, 0, side=100, iscrowd=1))
    image = counting(truth, found((square(10, 10), 0.9)))["images"][0]
    assert (image["true"], image["predicted"]) == (0, 0)
