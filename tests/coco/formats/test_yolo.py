"""YOLO labels: shares of the image become pixels, and what a line lacks is told by its file and number."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rehead.coco.sources import SourceError, opened_source
from tests.coco.conftest import HEIGHT, WIDTH, draw_image
from tests.coco.formats.writers import write_yolo

SQUARE = f"{10 / WIDTH} {10 / HEIGHT} {10 / WIDTH} {30 / HEIGHT} {30 / WIDTH} {30 / HEIGHT} {30 / WIDTH} {10 / HEIGHT}"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    write_yolo(tmp_path)
    return tmp_path


def _second_line(dataset: Path, line: str) -> None:
    (dataset / "labels" / "1.txt").write_text(f"0 {SQUARE}\n{line}\n")


LINES: dict[str, tuple[str, str]] = {
    "a box": ("0 0.5 0.5 0.2 0.2", "label-box"),
    "an odd number of coordinates": ("0 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "label-line"),
    "two points": ("0 0.1 0.1 0.2", "label-line"),
    "a class alone": ("0", "label-line"),
    "a word": ("0 0.1 0.1 x 0.2 0.3 0.3", "label-line"),
    "a number that is none": ("0 0.1 0.1 nan 0.2 0.3 0.3", "label-line"),
    "a number beyond any": ("0 0.1 0.1 1e999 0.2 0.3 0.3", "label-range"),
    "pixels": ("0 10 10 10 30 30 30", "label-range"),
    "a class beyond the names": (f"2 {SQUARE}", "label-class"),
    "a class below zero": (f"-1 {SQUARE}", "label-class"),
    "half a class": (f"0.5 {SQUARE}", "label-class"),
    "no area": ("0 0.1 0.1 0.2 0.2 0.3 0.3", "mask-empty"),
}


@pytest.mark.parametrize("case", LINES)
def test_an_unsound_line_is_told_by_its_file_and_number(case: str, dataset: Path, told: Any) -> None:
    line, code = LINES[case]
    _second_line(dataset, line)
    assert told(dataset) == [(code, "1.txt line 2")]


def test_blank_lines_and_a_class_written_as_a_float_are_no_fault(dataset: Path, told: Any) -> None:
    (dataset / "labels" / "1.txt").write_text(f"\n0.0 {SQUARE}\n\n")
    assert told(dataset) == []


def test_an_image_without_labels_shows_no_object(dataset: Path, open_folder: Any) -> None:
    (dataset / "labels" / "1.txt").unlink()
    (dataset / "labels" / "2.txt").write_text("")
    splits, log = open_folder(dataset)
    assert (len(splits["all"].images), log.totals()) == (3, {"images-unannotated": 1, "category-unused": 1})


def test_labels_without_an_image_are_a_fault(dataset: Path, told: Any) -> None:
    (dataset / "labels" / "9.txt").write_text(f"0 {SQUARE}\n")
    assert told(dataset) == [("label-unpaired", "9.txt")]


def test_labels_that_are_no_text_are_a_fault(dataset: Path, told: Any) -> None:
    (dataset / "labels" / "2.txt").write_bytes(b"\xff\xfe0\x00")
    assert ("label-file", "2.txt") in told(dataset)


def test_labels_follow_images_into_folders(dataset: Path, open_folder: Any) -> None:
    draw_image(dataset / "images" / "a" / "b" / "4.png", 4)
    (dataset / "labels" / "a" / "b").mkdir(parents=True)
    (dataset / "labels" / "a" / "b" / "4.txt").write_text(f"1 {SQUARE}\n")
    splits, _ = open_folder(dataset)
    assert {image.file_name for image in splits["all"].images} == {"1.png", "2.png", "3.png", "a/b/4.png"}
    assert len(splits["all"].annotations) == 4


def test_shares_are_of_the_image_as_it_is_seen(dataset: Path, open_folder: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(dataset / "images" / "1.png") as image:
        image.convert("RGB").rotate(90, expand=True).save(dataset / "images" / "1.jpg", exif=exif)
    (dataset / "images" / "1.png").unlink()
    splits, _ = open_folder(dataset)
    assert (splits["all"].images[0].width, splits["all"].images[0].height) == (WIDTH, HEIGHT)
    assert {a.bbox for a in splits["all"].annotations} == {(10, 10, 20, 20)}


CLASS_FILES: dict[str, tuple[str, str | None]] = {
    "a list": ("names: [cat, dog]", None),
    "by number": ("names:\n  0: cat\n  1: dog\n", None),
    "by number written as text": ("names: {'0': cat, '1': dog}", None),
    "with wrong paths beside them": ("path: /nowhere\ntrain: ../x\nnames: [cat, dog]", None),
    "no names": ("train: x", "names"),
    "no text": ("names: [cat, null]", "names[1]"),
    "a list of lists": ("names: [[cat], dog]", "names[0]"),
    "one twice": ("names: [cat, cat]", "names[1]"),
    "a wrong count": ("nc: 3\nnames: [cat, dog]", "nc"),
    "an index below zero": ("names: {-1: cat, 0: dog}", "names[-1]"),
    "no YAML": ("names: [cat", ""),
    "a tag that would run code": ("names: !!python/object/apply:os.system ['true']", ""),
    "nothing": ("", "names"),
}


@pytest.mark.parametrize("case", CLASS_FILES)
def test_class_names_are_read_or_told_to_be_unsound(case: str, dataset: Path, told: Any) -> None:
    text, place = CLASS_FILES[case]
    (dataset / "data.yaml").write_text(text)
    assert told(dataset) == ([] if place is None else [("classes-file", f"data.yaml {place}".strip())])


def test_class_names_may_stand_one_a_line(dataset: Path, open_folder: Any) -> None:
    (dataset / "data.yaml").unlink()
    (dataset / "labels" / "classes.txt").write_text("cat\ndog\n")
    splits, log = open_folder(dataset)
    assert [category.name for category in splits["all"].categories] == ["cat", "dog"]
    assert log.faults == []


def test_labels_without_class_names_are_refused(dataset: Path) -> None:
    (dataset / "data.yaml").unlink()
    with pytest.raises(SourceError, match=r"no data\.yaml or classes\.txt"):
        opened_source(dataset).__enter__()


def test_the_yaml_file_stands_for_its_folder(dataset: Path, told: Any) -> None:
    (dataset / "data.yaml").rename(dataset / "mine.yaml")
    assert told(dataset / "mine.yaml") == []


def test_splits_are_the_folders_below_images_and_labels(dataset: Path, open_folder: Any) -> None:
    for kind in ("images", "labels"):
        for split, names in (("train2017", "12"), ("val2017", "3")):
            (dataset / kind / split).mkdir()
            for name in names:
                next((dataset / kind).glob(f"{name}.*")).rename(dataset / kind / split / f"{name}.{kind[0]}")
        for file in (dataset / kind).rglob("*.?"):
            file.rename(file.with_suffix(".png" if kind == "images" else ".txt"))
    splits, _ = open_folder(dataset)
    assert {name: len(data.annotations) for name, data in splits.items()} == {"train": 2, "val": 1}
