"""Statistics in words and bars."""

from rehead.coco.statistics import describe_splits
from rehead.reporting.data_rows import class_bars, statistic_rows
from tests.reporting.datasets import squares


def test_all_splits_stand_beside_each() -> None:
    data = {name: squares({f"{name}.png": [(2, 2, 9)]}) for name in ("train", "val")}
    columns, rows = statistic_rows(describe_splits(data))
    assert (columns, rows[0]) == (["all", "train", "val"], ("images", ["2", "1", "1"]))


def test_a_single_split_stands_alone() -> None:
    assert statistic_rows(describe_splits({"all": squares({"a.png": [(2, 2, 9)]})}))[0] == ["all"]


def test_a_dataset_without_objects_has_dashes() -> None:
    rows = dict(statistic_rows(describe_splits({"all": squares({"a.png": []})}))[1])
    assert rows["object size, eight of ten"] == ["–"]


def test_a_class_keeps_its_colour_wherever_it_is_sorted() -> None:
    names = ("a", "b", "c")
    few = class_bars(describe_splits({"all": squares({"a.png": [(2, 2, 9)] * 4}, names=names)}))
    none = class_bars(describe_splits({"all": squares({"a.png": []}, names=names)}))
    assert {bar.name: bar.colour for bar in few} == {bar.name: bar.colour for bar in none}


def test_the_longest_bar_fills_its_row() -> None:
    data = {name: squares({f"{name}.png": [(2, 2, 9)] * 5}) for name in ("train", "val")}
    bar = class_bars(describe_splits(data))[0]
    assert (bar.name, sum(share for *_, share in bar.parts)) == ("circle", 1.0)
