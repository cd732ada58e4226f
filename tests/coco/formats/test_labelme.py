"""labelme: shapes become objects, groups become parts of one, and every fault names its file and shape."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.coco.formats.writers import POINTS, labelme_document, labelme_shape, write_json, write_labelme

FAR = [[x + 25, y] for x, y in POINTS]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    write_labelme(tmp_path)
    return tmp_path


def _shapes(dataset: Path, *shapes: Any) -> Path:
    write_json(dataset / "1.json", labelme_document(1, list(shapes)))
    return dataset


def _change(dataset: Path, **fields: Any) -> Path:
    document = json.loads((dataset / "1.json").read_text())
    write_json(dataset / "1.json", document | fields)
    return dataset


def _of_first_image(splits: Any) -> list[Any]:
    data = splits["all"]
    first = next(image.id for image in data.images if image.file_name.endswith("1.png"))
    return [a for a in data.annotations if a.image_id == first]


def test_shapes_of_one_group_and_label_are_parts_of_one_object(dataset: Path, open_folder: Any) -> None:
    shapes = [labelme_shape("cat", "polygon", points, group=7) for points in (POINTS, FAR)]
    splits, log = open_folder(_shapes(dataset, *shapes, labelme_shape("dog", "polygon", FAR, group=7)))
    assert [a.area for a in _of_first_image(splits)] == [800, 400]
    assert log.faults == []


def test_a_rectangle_is_given_by_any_two_opposite_corners(dataset: Path, open_folder: Any) -> None:
    splits, _ = open_folder(_shapes(dataset, labelme_shape("cat", "rectangle", [[30, 10], [10, 30]])))
    assert [a.bbox for a in _of_first_image(splits)] == [(10, 10, 20, 20)]


def test_a_circle_is_given_by_its_centre_and_a_point_on_it(dataset: Path, open_folder: Any) -> None:
    splits, _ = open_folder(_shapes(dataset, labelme_shape("cat", "circle", [[30, 24], [30, 34]])))
    (circle,) = _of_first_image(splits)
    assert circle.area == pytest.approx(math.pi * 100, rel=0.02)


SHAPES: dict[str, tuple[Any, str]] = {
    "no object": (5, "shape-invalid"),
    "a point": (labelme_shape("cat", "point", [[1, 2]]), "shape-type"),
    "a line": (labelme_shape("cat", "linestrip", POINTS), "shape-type"),
    "a strange type": (labelme_shape("cat", ["polygon"], POINTS), "shape-type"),
    "no label": (labelme_shape(" ", "polygon", POINTS), "shape-class"),
    "a number for a label": (labelme_shape(5, "polygon", POINTS), "shape-class"),
    "a group that is neither number nor text": (labelme_shape("cat", "polygon", POINTS, group=[1]), "shape-invalid"),
    "points that are no pairs": (labelme_shape("cat", "polygon", [1, 2, 3]), "shape-invalid"),
    "points of text": (labelme_shape("cat", "polygon", [["1", "2"]] * 3), "shape-invalid"),
    "points that are not finite": (labelme_shape("cat", "polygon", [*POINTS, [math.inf, 1]]), "polygon-not-finite"),
    "numbers beyond any": (labelme_shape("cat", "polygon", [*POINTS, [10**400, 1]]), "shape-invalid"),
    "two points": (labelme_shape("cat", "polygon", POINTS[:2]), "polygon-points"),
    "three corners of a rectangle": (labelme_shape("cat", "rectangle", POINTS[:3]), "shape-invalid"),
    "a circle without a size": (labelme_shape("cat", "circle", [[5, 5], [5, 5]]), "shape-invalid"),
    "a polygon far away": (labelme_shape("cat", "polygon", [[9e6, 1], [9e6, 2], [8e6, 2]]), "polygon-range"),
}


@pytest.mark.parametrize("case", SHAPES)
def test_an_unsound_shape_is_told_by_its_file_and_place(case: str, dataset: Path, open_folder: Any) -> None:
    shape, code = SHAPES[case]
    _, log = open_folder(_shapes(dataset, labelme_shape("cat", "polygon", POINTS), shape))
    faults = [(fault.code, fault.where) for fault in log.faults if fault.code != "json-constant"]
    assert faults == [(code, "1.json shapes[1]")]


FIELDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no shapes": ({"shapes": None}, "shape-invalid", "1.json shapes"),
    "no image path": ({"imagePath": None}, "shape-invalid", "1.json"),
    "a size of text": ({"imageWidth": "64"}, "size-invalid", "1.json"),
    "half a size": ({"imageWidth": None}, "size-invalid", "1.json"),
    "another image's size": ({"imageWidth": 32}, "image-size", "1.json"),
    "an image that is not there": ({"imagePath": "gone.png"}, "file-missing", "1.json"),
    "an image elsewhere": ({"imagePath": "/etc/gone.png"}, "file-missing", "1.json"),
}


@pytest.mark.parametrize("case", FIELDS)
def test_an_unsound_field_is_told_by_its_file(case: str, dataset: Path, told: Any) -> None:
    fields, code, where = FIELDS[case]
    assert (code, where) in told(_change(dataset, **fields))


def test_a_size_that_is_left_out_is_read_from_the_image(dataset: Path, told: Any) -> None:
    assert told(_change(dataset, imageWidth=None, imageHeight=None)) == []


def test_a_file_cut_off_is_told_with_the_place(dataset: Path, told: Any) -> None:
    (dataset / "1.json").write_text((dataset / "1.json").read_text()[:100])
    assert ("json-syntax", "1.json line 1, column 101") in told(dataset)


@pytest.mark.parametrize(
    "path", ["../images/1.png", "..\\images\\1.png", "C:\\Users\\me\\1.png", "/home/me/1.png", "1.png"]
)
def test_an_image_is_found_below_the_dataset_however_its_path_was_written(
    path: str, dataset: Path, open_folder: Any
) -> None:
    for name, place in (("*.png", "images"), ("*.json", "labels")):
        (dataset / place).mkdir()
        for file in list(dataset.glob(name)):
            file.rename(dataset / place / file.name)
    write_json(dataset / "labels" / "1.json", labelme_document(1, []) | {"imagePath": path})
    splits, log = open_folder(dataset)
    assert {image.file_name for image in splits["all"].images} == {f"images/{n}.png" for n in (1, 2, 3)}
    assert set(log.totals()) == {"images-unannotated"}


def test_one_json_file_stands_for_itself(dataset: Path, open_folder: Any) -> None:
    splits, _ = open_folder(dataset / "1.json")
    assert [image.file_name for image in splits["all"].images] == ["1.png"]


def test_an_image_without_a_json_file_is_noted(dataset: Path, told: Any) -> None:
    (dataset / "3.json").unlink()
    assert told(dataset) == [("files-unlisted", "")]
