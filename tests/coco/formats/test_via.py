"""VIA: regions become objects, whichever version wrote them, and what leaves the class open is not guessed."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.coco.formats.writers import via_region, write_json, write_via


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    write_via(tmp_path)
    return tmp_path


def _document(dataset: Path) -> Any:
    return json.loads((dataset / "via_region_data.json").read_text())


def _write(dataset: Path, document: Any) -> Path:
    write_json(dataset / "via_region_data.json", document)
    return dataset


def _regions(dataset: Path, *regions: Any) -> Path:
    document = _document(dataset)
    document["1.png123"]["regions"] = list(regions)
    return _write(dataset, document)


def _with_attributes(dataset: Path, attributes: dict[str, Any]) -> Path:
    document = _document(dataset)
    for entry in document.values():
        entry["regions"][0]["region_attributes"] = attributes
    return _write(dataset, document)


def _area(splits: Any) -> float:
    area: float = splits["all"].annotations[0].area
    return area


def test_a_project_file_holds_the_same(dataset: Path, open_folder: Any) -> None:
    project = {"_via_settings": {"ui": {}}, "_via_img_metadata": _document(dataset), "_via_attributes": {}}
    splits, log = open_folder(_write(dataset, project))
    assert (len(splits["all"].annotations), log.faults) == (3, [])


def test_regions_of_version_1_are_an_object(dataset: Path, open_folder: Any) -> None:
    document = _document(dataset)
    for entry in document.values():
        entry["regions"] = {"0": entry["regions"][0]}
    splits, log = open_folder(_write(dataset, document))
    assert (len(splits["all"].annotations), log.faults) == (3, [])


def test_a_rect_is_a_corner_and_a_size(dataset: Path, open_folder: Any) -> None:
    splits, _ = open_folder(_regions(dataset, via_region("cat", name="rect", x=1, y=2, width=10, height=20)))
    assert splits["all"].annotations[0].bbox == (1, 2, 10, 20)


def test_a_circle_is_a_centre_and_a_radius(dataset: Path, open_folder: Any) -> None:
    splits, _ = open_folder(_regions(dataset, via_region("cat", name="circle", cx=30, cy=24, r=10)))
    assert _area(splits) == pytest.approx(math.pi * 100, rel=0.02)


def test_an_ellipse_may_be_turned(dataset: Path, open_folder: Any) -> None:
    region = via_region("cat", name="ellipse", cx=30, cy=24, rx=20, ry=5, theta=math.pi / 2)
    splits, _ = open_folder(_regions(dataset, region))
    assert _area(splits) == pytest.approx(math.pi * 100, rel=0.03)
    assert splits["all"].annotations[0].bbox == pytest.approx((25, 4, 10, 40), abs=1)


REGIONS: dict[str, tuple[Any, str]] = {
    "no object": (5, "shape-invalid"),
    "no shape": ({"region_attributes": {"class": "cat"}}, "shape-invalid"),
    "a point": (via_region("cat", name="point", cx=1, cy=2), "shape-type"),
    "a polyline": (via_region("cat", name="polyline", all_points_x=[1, 2], all_points_y=[1, 2]), "shape-type"),
    "a shape without a name": (via_region("cat", x=1), "shape-type"),
    "unequal coordinates": (
        via_region("cat", name="polygon", all_points_x=[1, 2, 3], all_points_y=[1]),
        "shape-invalid",
    ),
    "coordinates of text": (via_region("cat", name="polygon", all_points_x="123", all_points_y="123"), "shape-invalid"),
    "a missing side": (via_region("cat", name="rect", x=1, y=2, width=3), "shape-invalid"),
    "a rect without height": (via_region("cat", name="rect", x=1, y=2, width=3, height=0), "mask-empty"),
    "a radius below zero": (via_region("cat", name="circle", cx=1, cy=2, r=-3), "shape-invalid"),
    "too few points": (via_region("cat", name="polygon", all_points_x=[1, 2], all_points_y=[1, 2]), "polygon-points"),
    "no class": (via_region("", name="rect", x=1, y=2, width=3, height=4), "shape-class"),
}


@pytest.mark.parametrize("case", REGIONS)
def test_an_unsound_region_is_told_by_its_image_and_place(case: str, dataset: Path, told: Any) -> None:
    region, code = REGIONS[case]
    sound = via_region("cat")
    assert told(_regions(dataset, sound, region)) == [(code, "'1.png' regions[1]")]


CLASSES: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "one attribute of any name": ({"fruit": "apple"}, "", ["apple"]),
    "one of several with a usual name": ({"colour": "red", "Label": "apple"}, "", ["apple"]),
    "a ticked box": ({"kind": {"apple": True, "pear": False}}, "", ["apple"]),
    "none at all": ({}, "class-unnamed", ["object"]),
    "several of unusual names": ({"fruit": "apple", "colour": "red"}, "class-ambiguous", []),
    "two ticked boxes": ({"kind": {"apple": True, "pear": True}}, "shape-class", []),
}


@pytest.mark.parametrize("case", CLASSES)
def test_the_class_is_the_attribute_that_can_only_be_it(case: str, dataset: Path, open_folder: Any) -> None:
    attributes, code, names = CLASSES[case]
    splits, log = open_folder(_with_attributes(dataset, attributes))
    found = [category.name for category in splits["all"].categories] if splits else []
    assert (code in log.totals() if code else log.faults == [], found) == (True, names)


def test_an_image_that_is_not_there_is_told_by_its_name(dataset: Path, told: Any) -> None:
    (dataset / "1.png").unlink()
    assert told(dataset) == [("file-missing", "'1.png'")]


def test_an_entry_without_a_file_name_is_told_by_its_key(dataset: Path, told: Any) -> None:
    document = _document(dataset)
    document["1.png123"].pop("filename")
    assert ("shape-invalid", "'1.png123'") in told(_write(dataset, document))


def test_a_name_that_leads_outside_is_never_opened(dataset: Path, told: Any) -> None:
    document = _document(dataset)
    document["1.png123"]["filename"] = "../../1.png"
    assert ("file-name", "'../../1.png'") in told(_write(dataset, document))


def test_files_of_several_people_are_one_dataset(dataset: Path, open_folder: Any) -> None:
    document = _document(dataset)
    write_json(dataset / "anna.json", {"1.png123": document.pop("1.png123")})
    splits, log = open_folder(_write(dataset, document))
    assert (len(splits["all"].annotations), log.faults) == (3, [])
