"""Datasets are found in the layouts people have them in, and where there is none the message says what was sought."""

from pathlib import Path

import pytest

from rehead.coco.sources import SourceError, find_source


def _touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_folder_with_a_json_for_each_split(tmp_path: Path) -> None:
    found = find_source(_touch(tmp_path, "train.json", "val.json", "images/1.jpg"))
    assert found.files == {"train": tmp_path / "train.json", "val": tmp_path / "val.json"}
    assert found.images == tmp_path / "images"


def test_a_folder_with_one_json_for_all(tmp_path: Path) -> None:
    found = find_source(_touch(tmp_path, "annotations.json", "images/1.jpg"))
    assert found.files == {"all": tmp_path / "annotations.json"}


def test_a_json_file_stands_for_itself_with_images_beside_it(tmp_path: Path) -> None:
    assert find_source(_touch(tmp_path, "mine.json", "1.jpg") / "mine.json").images == tmp_path


@pytest.mark.parametrize("names", [("val.json",), ("readme.txt",)])
def test_a_folder_without_training_annotations_is_named(names: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"train\.json"):
        find_source(_touch(tmp_path, *names))


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        find_source(tmp_path / "none")
