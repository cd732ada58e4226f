"""Datasets are found in the layouts people have them in, and where there is none the message says what was sought."""

import os
from pathlib import Path
from typing import Any

import pytest

from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_source
from rehead.coco.sources import SourceError, opened_source

SHARED = Path(__file__).parents[3] / "shared" / "data"


def _lay(folder: Path, *names: str) -> Path:
    """Write a COCO stub for each JSON name and an empty file for any other."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"images": [], "annotations": [], "categories": []}' if name.endswith(".json") else "")
    return folder


def _found(path: Path, **options: Path) -> dict[str, list[tuple[str, str | None]]]:
    """Tell each split's files and image roots, relative to the dataset's folder."""
    base = path if path.is_dir() else path.parent

    def told(place: Path | None) -> str | None:
        return None if place is None else place.relative_to(base).as_posix()

    with opened_source(path, **options) as source:
        return {name: [(str(told(p.file)), told(p.images)) for p in parts] for name, parts in source.splits.items()}


LAYOUTS: dict[str, tuple[tuple[str, ...], dict[str, list[tuple[str, str | None]]]]] = {
    "a JSON for each split over one image folder": (
        ("train.json", "val.json", "images/1.jpg"),
        {"train": [("train.json", "images")], "val": [("val.json", "images")]},
    ),
    "COCO's own": (
        (
            "annotations/instances_train2017.json",
            "annotations/instances_val2017.json",
            "train2017/1.jpg",
            "val2017/2.jpg",
            "test2017/3.jpg",
        ),
        {
            "train": [("annotations/instances_train2017.json", "train2017")],
            "val": [("annotations/instances_val2017.json", "val2017")],
        },
    ),
    "COCO's own with a folder images around the splits": (
        (
            "annotations/instances_train2017.json",
            "annotations/instances_val2017.json",
            "images/train2017/1.jpg",
            "images/val2017/2.jpg",
        ),
        {
            "train": [("annotations/instances_train2017.json", "images/train2017")],
            "val": [("annotations/instances_val2017.json", "images/val2017")],
        },
    ),
    "Roboflow": (
        tuple(f"{s}/{n}" for s in ("train", "valid", "test") for n in ("_annotations.coco.json", "1.jpg")),
        {
            "test": [("test/_annotations.coco.json", "test")],
            "train": [("train/_annotations.coco.json", "train")],
            "val": [("valid/_annotations.coco.json", "valid")],
        },
    ),
    "a folder for each split with images in it": (
        (
            "training/annotations.json",
            "training/images/1.jpg",
            "validation/annotations.json",
            "validation/images/1.jpg",
        ),
        {
            "train": [("training/annotations.json", "training/images")],
            "val": [("validation/annotations.json", "validation/images")],
        },
    ),
    "one JSON with a usual name": (("annotations.json", "1.jpg"), {"all": [("annotations.json", ".")]}),
    "the only COCO file in a folder": (("export-7.json", "images/1.jpg"), {"all": [("export-7.json", "images")]}),
    "FiftyOne": (("labels.json", "data/1.jpg"), {"all": [("labels.json", "data")]}),
    "CVAT": (
        ("annotations/instances_default.json", "images/1.jpg"),
        {"all": [("annotations/instances_default.json", "images")]},
    ),
    "several files over one image folder": (
        ("annotations/monday.json", "annotations/tuesday.json", "images/1.jpg"),
        {"all": [("annotations/monday.json", "images"), ("annotations/tuesday.json", "images")]},
    ),
    "several files of one split": (
        ("train_1.json", "train_2.json", "val.json", "images/1.jpg"),
        {"train": [("train_1.json", "images"), ("train_2.json", "images")], "val": [("val.json", "images")]},
    ),
    "a folder around it all": (
        ("export/train.json", "export/val.json", "export/images/1.jpg"),
        {"train": [("export/train.json", "export/images")], "val": [("export/val.json", "export/images")]},
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_found_with_its_splits_and_images(layout: str, tmp_path: Path) -> None:
    names, expected = LAYOUTS[layout]
    assert _found(_lay(tmp_path, *names)) == expected


@pytest.mark.parametrize("name", ["fruits_nuts", "dsb2018_nuclei", "coco_mini"])
def test_real_datasets_are_found(name: str) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip(f"{SHARED / name} is not on this machine")
    assert _found(SHARED / name) == {split: [(f"{split}.json", "images")] for split in ("train", "val")}


def test_a_json_file_stands_for_itself_with_images_beside_it(tmp_path: Path) -> None:
    assert _found(_lay(tmp_path, "mine.json", "1.jpg") / "mine.json") == {"all": [("mine.json", ".")]}


def test_a_json_file_among_annotations_finds_the_images_of_its_name(tmp_path: Path) -> None:
    _lay(tmp_path, "annotations/instances_val2017.json", "train2017/1.jpg", "val2017/1.jpg")
    with opened_source(tmp_path / "annotations" / "instances_val2017.json") as source:
        assert source.splits["all"][0].images == tmp_path / "val2017"


def test_the_folder_that_file_names_start_from_is_the_one_where_they_exist(tmp_path: Path) -> None:
    _lay(tmp_path, "images/1.jpg")
    (tmp_path / "result.json").write_text('{"images": [{"file_name": "images\\/1.jpg"}], "annotations": []}')
    assert _found(tmp_path) == {"all": [("result.json", ".")]}


def test_a_json_file_alone_has_no_images(tmp_path: Path) -> None:
    with opened_source(_lay(tmp_path, "mine.json") / "mine.json") as source:
        assert source.splits["all"][0].images is None
        with pytest.raises(SourceError, match="no images lie beside"):
            source.with_images()


def test_a_validation_file_makes_the_other_one_train(tmp_path: Path) -> None:
    _lay(tmp_path, "a.json", "b.json", "elsewhere/1.jpg")
    found = _found(tmp_path / "a.json", val=tmp_path / "b.json", images=tmp_path / "elsewhere")
    assert found == {"train": [("a.json", "elsewhere")], "val": [("b.json", "elsewhere")]}


def test_files_of_other_tasks_are_passed_over_with_a_note(tmp_path: Path) -> None:
    names = [f"annotations/{task}_train2017.json" for task in ("instances", "person_keypoints", "captions")]
    with opened_source(_lay(tmp_path, *names, "train2017/1.jpg")) as source:
        assert [path.name for path, _ in source.ignored] == [
            "captions_train2017.json",
            "person_keypoints_train2017.json",
        ]
        assert len(source.splits["train"]) == 1


def test_a_file_that_is_passed_over_is_noted(folder: Path, decoder: Any) -> None:
    _lay(folder, "captions_train.json")
    log = FaultLog()
    with opened_source(folder) as source:
        read_source(source, log, decoder)
    assert log.totals() == {"files-ignored": 1}


UNCLEAR: dict[str, tuple[tuple[str, ...], str]] = {
    "nothing": ((), r"holds nothing, .* Looked for: COCO JSON"),
    "other files": (("readme.txt", "notes/a.md"), r"1 file\(s\) with \.txt, notes/"),
    "no training split": (("val.json",), r"val\.json but no train\.json"),
    "keypoints alone": (("annotations/person_keypoints_train2017.json",), "but no instances_"),
    "a whole beside its parts": (("annotations.json", "monday.json"), "is one of them the whole dataset"),
}


@pytest.mark.parametrize("case", UNCLEAR)
def test_what_is_unclear_is_refused_with_what_was_found(case: str, tmp_path: Path) -> None:
    names, message = UNCLEAR[case]
    with pytest.raises(SourceError, match=message):
        _found(_lay(tmp_path, *names))


def test_a_pipe_is_no_dataset(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        _found(tmp_path / "pipe")


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="none does not exist"):
        _found(tmp_path / "none")


def test_an_unseen_source_decodes_nothing(folder: Path, decoder: Any) -> None:
    (folder / "images" / "1.png").write_bytes(b"")
    log = FaultLog()
    with opened_source(folder) as source:
        read_source(source.unseen(), log, decoder)
    assert log.totals() == {"images-unseen": 1}
