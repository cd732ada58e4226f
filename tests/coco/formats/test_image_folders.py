"""A folder for each image: its masks are its objects, one a file."""

from pathlib import Path
from typing import Any

import pytest

from tests.coco.conftest import draw_image
from tests.coco.formats.writers import save_labels, write_image_folders


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    write_image_folders(tmp_path)
    return tmp_path


def test_each_mask_file_is_one_object(dataset: Path, open_folder: Any) -> None:
    save_labels(dataset / "id2" / "masks" / "b.png", {1: (0, 0, 5, 5), 2: (6, 0, 9, 5)})
    splits, _ = open_folder(dataset)
    assert [a.area for a in splits["all"].annotations] == [400, 400, 40, 400]


def test_a_folder_without_masks_is_a_fault(dataset: Path, told: Any) -> None:
    draw_image(dataset / "id4" / "images" / "id4.png", 4)
    assert told(dataset) == [("label-unpaired", "id4/images/id4.png")]


def test_masks_without_an_image_are_a_fault(dataset: Path, told: Any) -> None:
    save_labels(dataset / "id4" / "masks" / "a.png", {1: (0, 0, 5, 5)})
    assert told(dataset) == [("label-unpaired", "id4/masks/a.png")]


def test_two_images_in_one_folder_leave_open_whose_the_masks_are(dataset: Path, told: Any) -> None:
    draw_image(dataset / "id2" / "images" / "other.png", 4)
    assert ("label-unpaired", "id2") in told(dataset)


def test_a_fault_names_the_mask_below_the_dataset(dataset: Path, told: Any) -> None:
    (dataset / "id3" / "masks" / "a.png").write_bytes(b"")
    assert told(dataset) == [("image-empty", "id3/masks/a.png")]
