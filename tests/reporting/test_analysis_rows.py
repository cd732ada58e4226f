"""An analysis into rows."""

import pytest

from rehead.reporting.analysis_rows import Cell, confusion_of, error_rows, group_tables, per_class_errors

CONFUSION = {"confusion": {"classes": ["leaf", "stone", "background"], "counts": [[6, 1, 3], [0, 4, 0], [2, 0, 0]]}}


def test_background_is_named_for_what_it_means_in_rows_and_columns() -> None:
    found = confusion_of(CONFUSION)
    assert found is not None
    assert (found.rows[-1][0], found.columns[-1]) == ("claims no object", "missed")


def test_a_field_is_a_share_of_its_row() -> None:
    found = confusion_of(CONFUSION)
    assert found is not None
    assert found.rows[0][1:] == (10, (Cell(6, 0.6, True), Cell(1, 0.1, False), Cell(3, 0.3, False)))


def test_mistakes_are_told_most_frequent_first_and_hits_not_at_all() -> None:
    found = confusion_of(CONFUSION)
    assert found is not None
    told = [(truth, taken, cell.count) for truth, taken, cell in found.worst]
    assert told == [("leaf", "missed", 3), ("claims no object", "leaf", 2), ("leaf", "stone", 1)]


def test_of_very_many_classes_those_with_most_mistakes_are_shown_in_their_own_order() -> None:
    counts = [[0] * 71 for _ in range(71)]
    counts[69][2] = counts[5][70] = 3
    found = confusion_of({"confusion": {"classes": [*map(str, range(70)), "background"], "counts": counts}})
    assert found is not None
    names = [name for name, *_ in found.rows]
    assert (len(names), found.left_out, names.index("5") < names.index("69")) == (61, 10, True)


@pytest.mark.parametrize("analysis", [{}, {"confusion": None}, {"confusion": {"classes": [], "counts": []}}])
def test_without_counts_there_is_no_matrix(analysis: dict[str, object]) -> None:
    assert confusion_of(analysis) is None


def test_errors_that_cost_masks_most_come_first() -> None:
    box = {"missed": {"shown": 9, "cost": 0.4}, "class": {"shown": 1, "cost": 0.1}}
    mask = {"missed": {"shown": 9, "cost": 0.1}, "class": {"shown": 1, "cost": 0.2}}
    rows = error_rows({"errors": {"box": {"types": box}, "mask": {"types": mask}}})
    assert [(row.kind, row.heads["mask"]) for row in rows] == [("class", (1, 0.2, 0.5)), ("missed", (9, 0.1, 0.25))]


def test_errors_that_a_user_meets_are_counted_not_all() -> None:
    types = {"missed": {"count": 9, "shown": 4, "cost": 0.1}}
    assert error_rows({"errors": {"box": {"types": types}}})[0].heads["box"][0] == 4


def test_an_error_whose_cost_is_undefined_keeps_its_count() -> None:
    types = {"missed": {"count": 3, "shown": 0, "cost": None}}
    assert error_rows({"errors": {"mask": {"types": types}}})[0].heads["mask"] == (0, None, 0.0)


def test_a_group_without_objects_has_no_row() -> None:
    groups = {"border": [{"name": "inside", "objects": 3}, {"name": "at the border", "objects": 0}], "size": []}
    assert [[row["name"] for row in rows] for _, _, rows in group_tables({"groups": groups})] == [["inside"]]


def test_the_class_with_most_errors_comes_first() -> None:
    per_class = {"leaf": {"missed": 1, "class": 0}, "stone": {"missed": 2, "class": 3}}
    kinds, rows = per_class_errors({"errors": {"mask": {"per_class": per_class}}})
    assert (kinds, rows) == (["class", "missed"], [("stone", [3, 2]), ("leaf", [0, 1])])
