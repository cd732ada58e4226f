"""Datasets are found in the layouts people have them in, and where there is none the message says what was sought."""

from pathlib import Path

import pytest

from rehead.coco.sources import Part, SourceError, opened_source


def _touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def _found(path: Path, **options: Path) -> dict[str, tuple[Part, ...]]:
    with opened_source(path, **options) as source:
        return dict(source.splits)


def test_a_folder_with_a_json_for_each_split(tmp_path: Path) -> None:
    found = _found(_touch(tmp_path, "train.json", "val.json", "images/1.jpg"))
    images = tmp_path / "images"
    assert found == {name: (Part(tmp_path / f"{name}.json", images),) for name in ("train", "val")}


def test_a_folder_with_one_json_for_all(tmp_path: Path) -> None:
    found = _found(_touch(tmp_path, "annotations.json", "images/1.jpg"))
    assert found == {"all": (Part(tmp_path / "annotations.json", tmp_path / "images"),)}


def test_a_json_file_stands_for_itself_with_images_beside_it(tmp_path: Path) -> None:
    found = _found(_touch(tmp_path, "mine.json", "1.jpg") / "mine.json")
    assert found == {"all": (Part(tmp_path / "mine.json", tmp_path),)}


def test_a_json_file_alone_has_no_images(tmp_path: Path) -> None:
    with opened_source(_touch(tmp_path, "mine.json") / "mine.json") as source:
        assert source.splits["all"][0].images is None
        with pytest.raises(SourceError, match="no images lie beside"):
            source.with_images()


def test_a_validation_file_makes_the_other_one_train(tmp_path: Path) -> None:
    _touch(tmp_path, "a.json", "b.json", "elsewhere/1.jpg")
    images = tmp_path / "elsewhere"
    found = _found(tmp_path / "a.json", val=tmp_path / "b.json", images=images)
    assert found == {"train": (Part(tmp_path / "a.json", images),), "val": (Part(tmp_path / "b.json", images),)}


def test_an_unseen_source_has_the_same_files_and_no_images(tmp_path: Path) -> None:
    with opened_source(_touch(tmp_path, "annotations.json", "1.jpg")) as source:
        assert source.unseen().splits == {"all": (Part(tmp_path / "annotations.json", None),)}


@pytest.mark.parametrize("names", [("val.json",), ("readme.txt",)])
def test_a_folder_without_training_annotations_is_named(names: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"train\.json"):
        _found(_touch(tmp_path, *names))


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        _found(tmp_path / "none")
