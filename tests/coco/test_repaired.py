"""A repaired document keeps what the source says, as far as it is sound."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rehead.coco import rle
from rehead.coco.faults import FaultLog
from rehead.coco.parts import Part, Source
from rehead.coco.policy import mending
from rehead.coco.reading import read_source
from rehead.coco.repaired import plain, repaired_document

Document = dict[str, Any]
SQUARE = [10, 10, 10, 30, 30, 30, 30, 10]


@pytest.fixture
def repaired(folder: Path, decoder: Any) -> Any:
    """Repair a document that lists the three images of a folder."""

    def _repaired(document: Document) -> Document:
        file = folder / "annotations.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        source = Source({"all": (Part(file, folder / "images"),)})
        log = FaultLog(mending({}))
        (data,) = read_source(source, log, decoder, keep=True).values()
        assert not log.rejected
        return repaired_document(data, {image.path: f"new-{image.id}.png" for image in data.images if image.path})

    return _repaired


def test_a_sound_polygon_stays_as_it_was_written(document: Document, repaired: Any) -> None:
    assert repaired(document)["annotations"][0]["segmentation"] == [SQUARE]


def test_parts_too_short_for_a_polygon_go_and_the_rest_stays(document: Document, repaired: Any) -> None:
    document["annotations"][0]["segmentation"].append([1, 1, 5, 5])
    assert repaired(document)["annotations"][0]["segmentation"] == [SQUARE]


def test_a_crowd_region_drawn_as_polygon_becomes_run_lengths(document: Document, repaired: Any) -> None:
    document["annotations"][0]["iscrowd"] = 1
    segmentation = repaired(document)["annotations"][0]["segmentation"]
    assert (segmentation["size"], rle.area(segmentation)) == ([48, 64], 400)


def test_a_polygon_turned_with_its_picture_becomes_run_lengths(folder: Path, document: Document, repaired: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = folder / "images" / "1.png"
    Image.open(picture).convert("RGB").save(picture, exif=exif)
    assert repaired(document)["annotations"][0]["segmentation"]["size"] == [64, 48]


def test_points_beside_a_turned_mask_are_left_out(folder: Path, document: Document, repaired: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = folder / "images" / "1.png"
    Image.open(picture).convert("RGB").save(picture, exif=exif)
    document["annotations"][0] |= {"keypoints": [1, 2, 2], "num_keypoints": 1}
    document["annotations"][1] |= {"keypoints": [1, 2, 2]}
    assert ["keypoints" in a for a in repaired(document)["annotations"]] == [False, True, False]


def test_fields_that_nobody_checks_stay(document: Document, repaired: Any) -> None:
    document |= {"info": {"year": 2026}, "licenses": [{"id": 1, "name": "CC0"}]}
    document["images"][0]["patient"] = "p1"
    document["annotations"][0]["attributes"] = {"occluded": True}
    document["categories"][0]["supercategory"] = "animal"
    found = repaired(document)
    assert (found["info"], found["licenses"]) == (document["info"], document["licenses"])
    assert found["images"][0]["patient"] == "p1"
    assert found["annotations"][0]["attributes"] == {"occluded": True}
    assert found["categories"][0] == {"id": 3, "name": "cat", "supercategory": "animal"}


def test_ids_of_images_and_categories_stay(document: Document, repaired: Any) -> None:
    document["images"][0]["id"] = document["annotations"][0]["image_id"] = 0
    found = repaired(document)
    assert [image["id"] for image in found["images"]] == [0, 2, 3]
    assert [category["id"] for category in found["categories"]] == [3, 7]


def test_ids_written_as_text_become_numbers(document: Document, repaired: Any) -> None:
    for table in ("images", "annotations", "categories"):
        for entry in document[table]:
            entry["id"] = str(entry["id"])
    document["images"][0]["patient"] = "p1"
    found = repaired(document)
    assert [image["id"] for image in found["images"]] == [1, 2, 3]
    assert found["images"][0]["patient"] == "p1"
    assert [a["id"] for a in found["annotations"]] == [1, 2, 3]


def test_a_size_that_is_none_is_read_from_the_file(document: Document, repaired: Any) -> None:
    document["images"][0]["width"] = "64"
    assert repaired(document)["images"][0]["width"] == 64


def test_annotations_without_ids_are_numbered(document: Document, repaired: Any) -> None:
    for annotation in document["annotations"][1:]:
        del annotation["id"]
    assert [a["id"] for a in repaired(document)["annotations"]] == [1, 2, 3]


def test_category_0_gets_the_smallest_free_id(document: Document, repaired: Any) -> None:
    document["categories"][0]["id"] = document["annotations"][0]["category_id"] = 0
    document["categories"][1]["id"] = document["annotations"][1]["category_id"] = 1
    document["annotations"][2]["category_id"] = 1
    found = repaired(document)
    assert [category["id"] for category in found["categories"]] == [2, 1]
    assert [a["category_id"] for a in found["annotations"]] == [2, 1, 1]


def test_annotation_ids_stay_but_for_0_and_those_given_twice(document: Document, repaired: Any) -> None:
    for annotation, number in zip(document["annotations"], (0, 2, 2), strict=True):
        annotation["id"] = number
    assert [a["id"] for a in repaired(document)["annotations"]] == [1, 2, 3]


def test_sound_numbers_keep_their_spelling(document: Document, repaired: Any) -> None:
    annotation = repaired(document)["annotations"][0]
    assert json.dumps([annotation["bbox"], annotation["area"]]) == "[[10, 10, 20, 20], 400]"


def test_a_spoiled_number_is_measured_even_where_it_equals_a_sound_one(document: Document, repaired: Any) -> None:
    document["annotations"][0] |= {"segmentation": [[0, 0, 0, 1, 1, 1, 1, 0]], "bbox": [0, 0, 1, 1], "area": True}
    assert json.dumps(repaired(document)["annotations"][0]["area"]) == "1.0"


def test_an_image_renamed_keeps_its_name_in_a_field(document: Document, repaired: Any) -> None:
    image = repaired(document)["images"][0]
    assert (image["file_name"], image["source_file_name"]) == ("new-1.png", "1.png")


def test_without_json_numbers_and_endless_nesting_the_rest_of_a_field_stays() -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    found = plain({"a": float("nan"), "b": [1, float("inf")], "c": deep})
    assert (found["a"], found["b"]) == (None, [1, None])
    assert json.dumps(found["c"]).count("[") < 150
