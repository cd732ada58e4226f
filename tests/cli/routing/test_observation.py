"""What a dataset is found to say: drawn as COCO files whose numbers are known beforehand."""

import json
from pathlib import Path
from typing import Any

import pytest

from rehead.cli.routing.evidence import Evidence
from rehead.cli.routing.observation import is_stuff, observe
from tests.cli.squares import write_squares


def seen(path: Path) -> Evidence:
    return observe(path).evidence


def test_squares_in_rows_touch_and_cover_what_they_cover(tmp_path: Path) -> None:
    found = seen(write_squares(tmp_path / "a.json", images=4, size=(640, 480), side=60, objects=8))
    assert found.outlines is not None
    assert (found.images, found.objects, found.most, found.single) == (4, 32, 8, False)
    assert (found.outlines.touching, found.outlines.broken) == (1.0, 0.0)
    assert found.covered == pytest.approx(8 * 60 * 60 / (640 * 480))


def test_neighbours_of_another_class_do_not_count_as_touching(tmp_path: Path) -> None:
    def alternate(document: dict[str, Any]) -> None:
        document["categories"].append({"id": 9, "name": "gap"})
        for annotation in document["annotations"]:
            annotation["category_id"] = 7 if annotation["id"] % 2 else 9

    found = seen(write_squares(tmp_path / "a.json", images=1, objects=4, change=alternate))
    assert found.outlines is not None
    assert found.outlines.touching == 0.0


def test_a_class_cut_out_together_is_single_and_in_pieces(tmp_path: Path) -> None:
    def cut(document: dict[str, Any]) -> None:
        for annotation in document["annotations"]:
            annotation["segmentation"] = [[0, 0, 9, 0, 9, 60, 0, 60], [40, 0, 60, 0, 60, 60, 40, 60]]

    found = seen(write_squares(tmp_path / "a.json", images=3, objects=1, change=cut))
    assert found.outlines is not None
    assert (found.single, found.outlines.broken) == (True, 1.0)


def test_crowd_regions_are_counted_apart(tmp_path: Path) -> None:
    def crowd(document: dict[str, Any]) -> None:
        document["annotations"][0]["iscrowd"] = 1

    found = seen(write_squares(tmp_path / "a.json", images=2, objects=3, change=crowd))
    assert (found.crowds, found.objects) == (1, 5)


def test_a_test_split_is_not_looked_at(tmp_path: Path) -> None:
    write_squares(tmp_path / "train.json", images=3)
    write_squares(tmp_path / "test.json", images=5, name="other{}.jpg".format)
    assert seen(tmp_path).images == 3


def test_what_check_rejects_is_refused_with_its_cure(tmp_path: Path) -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["annotations"][0]["category_id"] = 99

    with pytest.raises(ValueError, match="Cure:"):
        observe(write_squares(tmp_path / "a.json", change=spoil))


@pytest.mark.parametrize(
    ("name", "stuff"), [("sky", True), ("Road", True), ("wall-brick", True), ("water bottle", False), ("car", False)]
)
def test_stuff_is_known_by_its_name(name: str, stuff: bool) -> None:
    assert is_stuff(name) == stuff


PANOPTIC = {
    "categories": [{"id": 1, "name": "sky", "isthing": 0}, {"id": 2, "name": "car", "isthing": 1}],
    "images": [{"id": 5, "width": 100, "height": 100, "file_name": "5.jpg"}],
    "annotations": [
        {
            "image_id": 5,
            "file_name": "5.png",
            "segments_info": [
                {"id": 1, "category_id": 1, "area": 6000, "iscrowd": 0},
                {"id": 2, "category_id": 2, "area": 2000, "iscrowd": 0},
                {"id": 3, "category_id": 2, "area": 1000, "iscrowd": 0},
                {"id": 4, "category_id": 2, "area": 500, "iscrowd": 1},
            ],
        }
    ],
}


@pytest.mark.parametrize("place", ["panoptic_val.json", "annotations/panoptic_val.json"])
def test_panoptic_labels_are_found_and_things_told_from_stuff(place: str, tmp_path: Path) -> None:
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(PANOPTIC))
    assert seen(tmp_path) == Evidence(
        images=1,
        objects=2,
        classes=("sky", "car"),
        stuff=("sky",),
        crowds=1,
        most=2,
        single=False,
        covered=0.95,
        panoptic=True,
    )


@pytest.mark.parametrize("text", [json.dumps({**PANOPTIC, "images": []}), '{"segments_info": [', '["segments_info"]'])
def test_broken_panoptic_labels_are_refused_by_name(text: str, tmp_path: Path) -> None:
    file = tmp_path / "panoptic.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"panoptic\.json"):
        observe(file)
