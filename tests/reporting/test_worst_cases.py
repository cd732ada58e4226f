"""Which pictures come first, and the reason that is given."""

from dataclasses import replace
from pathlib import Path

from rehead.coco.records import Dataset
from rehead.reporting.worst_cases import Case, find_cases
from tests.reporting.datasets import square, squares

SMALL, MIDDLE, LARGE, EDGE = (30, 30, 3), (10, 10, 12), (20, 5, 20), (0, 20, 10)


def _cases(group: str, folder: Path, places: dict[str, list[tuple[int, int, int]]], *, each: int = 4) -> list[Case]:
    found = find_cases({"train": squares(places, folder=folder)}, each=each)
    return [case for case in found if case.group == group]


def test_the_fullest_picture_comes_first_with_its_count(tmp_path: Path) -> None:
    first, second = _cases("crowded", tmp_path, {"a": [SMALL, LARGE], "b": [SMALL, MIDDLE, LARGE]})
    assert (first.image.file_name, first.because) == ("b", "3 objects, the most in one image")
    assert second.because == "2 objects"


def test_a_picture_is_shown_once_for_its_smallest_object(tmp_path: Path) -> None:
    found = _cases("smallest", tmp_path, {"a": [SMALL, (50, 30, 4)], "b": [LARGE]})
    assert [case.because for case in found] == ["circle of 9 px², 3 × 3 px", "circle of 400 px², 20 × 20 px"]


def test_a_small_object_is_shown_from_near_by(tmp_path: Path) -> None:
    case = _cases("smallest", tmp_path, {"a": [SMALL]})[0]
    assert (case.view.width, case.view.height, case.focus) == (32, 32, (30.0, 30.0, 3.0, 3.0))


def test_the_view_of_an_object_in_the_corner_stays_in_the_picture(tmp_path: Path) -> None:
    view = _cases("smallest", tmp_path, {"a": [(61, 45, 3)]})[0].view
    assert (view.right, view.bottom) == (64, 48)


def test_pictures_with_objects_at_the_border_say_how_many(tmp_path: Path) -> None:
    found = _cases("border", tmp_path, {"a": [EDGE, MIDDLE], "b": [MIDDLE]})
    assert [case.because for case in found] == ["1 object touches the border"]


def test_overlap_is_told_as_iou(tmp_path: Path) -> None:
    found = _cases("overlapping", tmp_path, {"a": [(10, 10, 20), (20, 10, 20)], "b": [SMALL, LARGE]})
    assert [case.because for case in found] == ["circle, IoU 0.33 with another box"]


def test_pictures_without_an_annotation_are_shown(tmp_path: Path) -> None:
    found = _cases("empty", tmp_path, {"a": [SMALL], "b": []})
    assert [(case.image.file_name, case.because) for case in found] == [("b", "one of 1 without an annotation")]


def test_each_class_has_a_typical_object(tmp_path: Path) -> None:
    found = _cases("typical", tmp_path, {"a": [SMALL, MIDDLE, LARGE]})
    assert sorted(case.because.split(",")[0] for case in found) == ["circle", "star"]


def test_the_same_seed_picks_the_same_pictures(tmp_path: Path) -> None:
    splits = {"train": squares({f"{n}": [(n, n, 9)] for n in range(20)}, folder=tmp_path)}
    assert find_cases(splits, seed=3) == find_cases(splits, seed=3)


def test_no_group_shows_more_pictures_than_asked_for(tmp_path: Path) -> None:
    assert len(_cases("smallest", tmp_path, {f"{n}": [(n, n, 9)] for n in range(9)}, each=2)) == 2


def test_a_picture_that_was_not_looked_at_is_left_out() -> None:
    assert find_cases({"train": squares({"a": [SMALL, EDGE]})}) == []


def test_a_split_that_is_there_twice_is_shown_once(tmp_path: Path) -> None:
    data = squares({"a": [SMALL]}, folder=tmp_path)
    assert {case.split for case in find_cases({"val": data, "test": data})} == {"val"}


def test_crowd_regions_are_drawn_with_the_objects(tmp_path: Path) -> None:
    data: Dataset = squares({"a": [SMALL]}, folder=tmp_path)
    data = replace(data, annotations=(*data.annotations, square(2, 1, LARGE, crowd=1)))
    assert {len(case.objects) for case in find_cases({"train": data})} == {2}
