"""Built cases: what is wrong is known, and so is the average precision that it costs, to the last digit."""

from typing import Any

import pytest

from rehead.evaluation.analysis.report import analyse
from rehead.evaluation.curves import RECALLS
from tests.evaluation.analysis.drawn import BOLT, Entry, found, noisy_case, square, truth_of

CORNERS = [(20, 20), (120, 20), (20, 120), (120, 120)]
SCORES = [0.9, 0.8, 0.7, 0.6]
TO_THREE_QUARTERS = sum(RECALLS <= 0.75) / 101
"""Share of the 101 recalls that three of four objects reach."""

NUTS = [square(x, y) for x, y in CORNERS]
BOLTS = [square(x + 40, y, category=BOLT) for x, y in CORNERS]
EXACT = list(zip(NUTS, SCORES, strict=True))
EXACT_BOLTS = list(zip(BOLTS, SCORES, strict=True))
SHIFTED = square(30, 20)  # shares a third of the pixels that it and the first nut cover


def errors(truth: Entry, results: list[Entry], head: str = "mask") -> Any:
    return analyse(truth, results, thresholds={}, max_detections=100)["errors"][head]


def made(found_errors: Any) -> dict[str, int]:
    """Name the types that occur, and how often."""
    return {name: one["count"] for name, one in found_errors["types"].items() if one["count"]}


def cost(found_errors: Any, kind: str) -> Any:
    return pytest.approx(found_errors["types"][kind]["cost"], abs=2e-6)


heads = pytest.mark.parametrize("head", ["box", "mask"])


@heads
def test_without_errors_nothing_costs_anything(head: str) -> None:
    result = errors(truth_of(*NUTS), found(*EXACT), head)
    assert (result["AP50"], made(result)) == (1.0, {})
    assert {one["cost"] for one in result["types"].values()} == {0.0}


@heads
def test_a_shifted_box_is_a_localisation_error(head: str) -> None:
    result = errors(truth_of(*NUTS), found((SHIFTED, 0.9), *EXACT[1:]), head)
    assert made(result) == {"localisation": 1}
    assert cost(result, "localisation") == 1 - 0.75 * TO_THREE_QUARTERS  # three right ones behind it: 3 of 4


@heads
def test_a_swapped_class_is_a_class_error(head: str) -> None:
    swapped = square(20, 20, category=BOLT)
    result = errors(truth_of(*NUTS, *BOLTS), found((swapped, 0.95), *EXACT[1:], *EXACT_BOLTS), head)
    assert made(result) == {"class": 1}
    assert cost(result, "class") == 1 - (TO_THREE_QUARTERS + 4 / 5) / 2  # a nut lost, and a false bolt before four


@heads
def test_a_doubled_detection_is_a_duplicate(head: str) -> None:
    result = errors(truth_of(*NUTS), found(*EXACT, (NUTS[0], 0.85)), head)
    assert made(result) == {"duplicate": 1}
    assert cost(result, "duplicate") == 1 - (26 + 75 * 4 / 5) / 101  # behind the first quarter 4 of 5 are right


@heads
def test_an_object_that_nothing_found_is_missed(head: str) -> None:
    result = errors(truth_of(*NUTS), found(*EXACT[:3]), head)
    assert made(result) == {"missed": 1}
    assert cost(result, "missed") == 1 - TO_THREE_QUARTERS


@heads
def test_a_hit_on_nothing_is_background(head: str) -> None:
    result = errors(truth_of(*NUTS), found((square(170, 170), 0.95), *EXACT), head)
    assert made(result) == {"background": 1}
    assert cost(result, "background") == 1 - 4 / 5


@heads
def test_a_shifted_box_of_another_class_is_both_and_leaves_its_object_missed(head: str) -> None:
    wrong = square(30, 20, category=BOLT)
    result = errors(truth_of(*NUTS, *BOLTS), found((wrong, 0.95), *EXACT[1:], *EXACT_BOLTS), head)
    assert made(result) == {"both": 1, "missed": 1}
    assert cost(result, "both") == (1 - 4 / 5) / 2
    assert cost(result, "missed") == (1 - TO_THREE_QUARTERS) / 2


def test_mending_removes_a_class_error_whose_object_was_found_anyway() -> None:
    swapped = square(20, 20, category=BOLT)
    result = errors(truth_of(*NUTS, *BOLTS), found((swapped, 0.95), *EXACT, *EXACT_BOLTS))
    assert cost(result, "class") == (1 - 4 / 5) / 2


def test_of_two_that_mean_one_object_mending_keeps_the_better() -> None:
    other = square(20, 30)
    result = errors(truth_of(NUTS[0]), found((SHIFTED, 0.9), (other, 0.8)))
    assert made(result) == {"localisation": 2}
    assert cost(result, "localisation") == 1.0


def test_an_object_that_a_localisation_error_means_is_not_missed() -> None:
    assert made(errors(truth_of(*NUTS), found((SHIFTED, 0.9)))) == {"localisation": 1, "missed": 3}


def test_where_all_was_missed_and_nothing_invented_the_misses_cost_everything() -> None:
    assert cost(errors(truth_of(*NUTS), []), "missed") == 1.0


def test_where_all_was_missed_and_something_invented_other_errors_hide_the_misses() -> None:
    result = errors(truth_of(*NUTS), found((square(170, 170), 0.9)))
    assert cost(result, "missed") == 0.0


def test_what_lies_on_a_crowd_region_of_its_class_is_no_error() -> None:
    crowd = square(100, 100, side=80, iscrowd=1)
    assert made(errors(truth_of(square(0, 0), crowd), found((square(0, 0), 0.9), (square(110, 110), 0.8)))) == {}


def test_a_crowd_region_is_not_missed() -> None:
    assert made(errors(truth_of(square(0, 0), square(100, 100, iscrowd=1)), found((square(0, 0), 0.9)))) == {}


def test_without_objects_average_precision_and_costs_are_undefined() -> None:
    result = errors(truth_of(), found((square(0, 0), 0.9)))
    assert (result["AP50"], result["types"]["background"]) == (None, {"count": 1, "shown": 1, "cost": None})


def test_a_user_who_sees_fewer_detections_misses_more() -> None:
    result = errors(truth_of(*NUTS), found(*EXACT[:3], (NUTS[3], 0.4), (square(170, 170), 0.3)))
    assert {name: one["shown"] for name, one in result["types"].items() if one["shown"]} == {"missed": 1}


def test_errors_belong_to_the_class_that_was_predicted() -> None:
    result = errors(truth_of(*NUTS, *BOLTS), found((square(20, 20, category=BOLT), 0.95), *EXACT[1:], *EXACT_BOLTS))
    assert (result["per_class"]["bolt"]["class"], result["per_class"]["nut"]["class"]) == (1, 0)


@pytest.mark.parametrize("seed", range(3))
def test_the_errors_of_the_classes_sum_to_what_a_user_meets(seed: int) -> None:
    result = errors(*noisy_case(seed))
    sums = {kind: sum(one[kind] for one in result["per_class"].values()) for kind in result["types"]}
    assert sums == {kind: one["shown"] for kind, one in result["types"].items()}
    assert sums != {kind: one["count"] for kind, one in result["types"].items()}


@pytest.mark.parametrize("seed", range(3))
def test_every_false_detection_has_one_type(seed: int) -> None:
    truth, results = noisy_case(seed)
    analysis = analyse(truth, results, thresholds={"nut": 0, "bolt": 0}, max_detections=100)
    counts = made(analysis["errors"]["mask"])
    assert sum(counts.values()) - counts["missed"] == sum(one["spurious"] for one in analysis["images"])
