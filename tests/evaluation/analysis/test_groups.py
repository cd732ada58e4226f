"""Objects by size, crowding and contact with the border."""

from typing import Any

import pytest

from rehead.evaluation.analysis.report import analyse
from tests.evaluation.analysis.drawn import BOLT, Entry, found, noisy_case, square, truth_of


def groups(truth: Entry, results: list[Entry], kind: str) -> Any:
    return {one["name"]: one for one in analyse(truth, results, thresholds={}, max_detections=100)["groups"][kind]}


def test_objects_are_grouped_by_the_root_of_their_area() -> None:
    truth = truth_of(square(0, 0, side=15), square(50, 0, side=16), square(100, 0, side=40), square(50, 60, side=128))
    assert {name: one["objects"] for name, one in groups(truth, [], "size").items()} == {
        "below 16 px": 1,
        "16 to 32 px": 1,
        "32 to 64 px": 1,
        "128 px and more": 1,
    }


def test_a_group_is_scored_as_if_the_others_were_not_there() -> None:
    truth = truth_of(square(0, 0, side=10), square(100, 100, side=40))
    result = groups(truth, found((square(100, 100, side=40), 0.9)), "size")
    assert (result["below 16 px"]["AP"], result["32 to 64 px"]["AP"]) == (0.0, 1.0)


def test_what_was_invented_counts_in_the_group_of_its_own_size() -> None:
    truth = truth_of(square(0, 0, side=10), square(100, 100, side=40))
    results = found((square(0, 0, side=10), 0.8), (square(100, 100, side=40), 0.8), (square(50, 0, side=12), 0.9))
    result = groups(truth, results, "size")
    assert (result["below 16 px"]["AP50"], result["32 to 64 px"]["AP50"]) == (0.5, 1.0)


def test_recall_is_the_share_found_by_what_a_user_sees() -> None:
    truth = truth_of(square(0, 0), square(50, 0), square(100, 0))
    results = found((square(0, 0), 0.9), (square(50, 0), 0.4))
    assert groups(truth, results, "size")["16 to 32 px"]["recall"] == pytest.approx(1 / 3, abs=1e-6)


def test_a_pixel_in_the_last_row_or_column_makes_an_object_one_at_the_border() -> None:
    truth = truth_of(square(180, 50), square(50, 190), square(179, 50), square(0, 100), square(1, 1))
    assert {name: one["objects"] for name, one in groups(truth, [], "border").items()} == {
        "inside": 2,
        "at the border": 3,
    }


@pytest.mark.parametrize(("gap", "name"), [(20, "1 or 2"), (21, "no neighbour")])
def test_a_neighbour_lies_no_farther_away_than_the_object_is_long(gap: int, name: str) -> None:
    truth = truth_of(square(50, 50), square(70 + gap, 50, category=BOLT))
    assert groups(truth, [], "crowding") == {name: groups(truth, [], "crowding")[name]}


def test_neighbours_of_a_large_object_may_themselves_have_none() -> None:
    truth = truth_of(square(0, 0, side=100), square(150, 0, side=10))
    assert {name: one["objects"] for name, one in groups(truth, [], "crowding").items()} == {
        "no neighbour": 1,
        "1 or 2": 1,
    }


def test_a_row_of_seven_is_crowded_for_all_of_them() -> None:
    truth = truth_of(*(square(5 * x, 50, side=40) for x in range(7)))
    assert groups(truth, [], "crowding")["6 and more"]["objects"] == 7


def test_a_crowd_region_is_no_neighbour() -> None:
    truth = truth_of(square(50, 50), square(75, 50, iscrowd=1))
    assert list(groups(truth, [], "crowding")) == ["no neighbour"]


def test_a_poor_outline_of_a_lonely_object_counts_against_lonely_ones() -> None:
    truth = truth_of(square(50, 50), square(150, 150), square(150, 150))
    results = found((square(60, 50), 0.9), (square(50, 50), 0.8))
    assert groups(truth, results, "crowding")["no neighbour"]["AP50"] == 0.5


def test_the_objects_of_all_groups_are_those_of_the_split() -> None:
    truth, results = noisy_case(4)
    objects = sum(not one["iscrowd"] for one in truth["annotations"])
    found_groups = analyse(truth, results, thresholds={}, max_detections=100)["groups"].values()
    assert {sum(one["objects"] for one in rows) for rows in found_groups} == {objects}
