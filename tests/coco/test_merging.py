"""Several files that make up one split: classes united by name, images by file, faults told of the file they are in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_source
from rehead.coco.records import Dataset
from rehead.coco.sources import opened_source
from tests.coco.conftest import draw_image

Document = dict[str, Any]


@pytest.fixture
def two_files(folder: Path, document: Document) -> tuple[Path, Document]:
    """A folder with the sound document as monday.json, and a document for tuesday.json to change."""
    (folder / "annotations.json").rename(folder / "monday.json")
    return folder, document


def _merged(folder: Path, tuesday: Document, decoder: Any) -> tuple[Dataset, FaultLog]:
    (folder / "tuesday.json").write_text(json.dumps(tuesday), encoding="utf-8")
    log = FaultLog()
    with opened_source(folder) as source:
        return read_source(source, log, decoder)["all"], log


def _moved(document: Document, draw: Callable[[str], None]) -> Document:
    """Give the document's images other files, ids and contents than monday's."""
    for image in document["images"]:
        image["file_name"] = f"t{image['id']}.png"
        draw(image["file_name"])
    return document


@pytest.fixture
def draw(folder: Path) -> Callable[[str], None]:
    return lambda name: draw_image(folder / "images" / name, 100 + len(list((folder / "images").iterdir())))


def test_merged_files_keep_all_images_and_objects_under_new_ids(two_files: Any, decoder: Any, draw: Any) -> None:
    data, log = _merged(two_files[0], _moved(two_files[1], draw), decoder)
    assert log.totals() == {}
    assert [image.id for image in data.images] == [a.image_id for a in data.annotations] == [1, 2, 3, 4, 5, 6]


def test_merged_files_unite_their_classes_by_name(two_files: Any, decoder: Any, draw: Any) -> None:
    tuesday = _moved(two_files[1], draw)
    tuesday["categories"] = [{"id": 3, "name": "bird"}, {"id": 7, "name": "cat"}]
    data, _ = _merged(two_files[0], tuesday, decoder)
    names = {category.id: category.name for category in data.categories}
    assert sorted(names.values()) == ["bird", "cat", "dog"]
    assert [names[a.category_id] for a in data.annotations] == ["cat", "dog", "dog", "bird", "cat", "cat"]


def test_an_image_in_two_files_is_one_image_with_the_objects_of_both(two_files: Any, decoder: Any) -> None:
    folder, tuesday = two_files
    for annotation in tuesday["annotations"]:
        annotation["category_id"] = 3
    data, log = _merged(folder, tuesday, decoder)
    assert (len(data.images), len(data.annotations), log.totals()) == (3, 5, {"annotation-duplicate": 1})


def test_a_fault_in_a_merged_file_names_that_file(two_files: Any, decoder: Any, draw: Any) -> None:
    tuesday = _moved(two_files[1], draw)
    tuesday["annotations"][1]["bbox"] = [1, 2, 3]
    _, log = _merged(two_files[0], tuesday, decoder)
    assert [(Path(fault.file).name, fault.where) for fault in log.faults] == [("tuesday.json", "annotations[1].bbox")]
