"""Label masks: values number the objects, wherever the masks lie by the convention, and no value is lost."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rehead.coco.rle import decode
from tests.coco.conftest import HEIGHT, WIDTH, draw_image
from tests.coco.formats.writers import save_labels, write_masks

LEFT, RIGHT = (5, 5, 15, 25), (15, 5, 30, 25)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Three images whose masks are of one class, with two objects each that touch."""
    for n in (1, 2, 3):
        draw_image(tmp_path / "images" / f"{n}.png", n)
        save_labels(tmp_path / "masks" / f"{n}.png", {1: LEFT, 2: RIGHT})
    return tmp_path


@pytest.fixture
def spoil(dataset: Path) -> Path:
    """The mask that tests replace."""
    return dataset / "masks" / "2.png"


def test_objects_that_touch_stay_apart_by_their_values(dataset: Path, open_folder: Any) -> None:
    splits, log = open_folder(dataset)
    assert [a.bbox for a in splits["all"].annotations] == [(5, 5, 10, 20), (15, 5, 15, 20)] * 3
    assert log.faults == []


def _labels() -> np.ndarray:
    labels = np.zeros((HEIGHT, WIDTH), dtype=np.int64)
    for value, (x1, y1, x2, y2) in {1: LEFT, 2: RIGHT}.items():
        labels[y1:y2, x1:x2] = value
    return labels


FORMS: dict[str, Any] = {
    "16 bits": lambda labels: Image.fromarray((labels * 700).astype(np.uint16)),
    "32 bits": lambda labels: Image.fromarray((labels * 70_000).astype(np.int32)),
    "a palette": lambda labels: _with_palette(labels),
    "grey stored as RGB": lambda labels: Image.fromarray(np.stack([labels.astype(np.uint8)] * 3, axis=2)),
    "grey with alpha": lambda labels: Image.fromarray(labels.astype(np.uint8)).convert("LA"),
}


def _with_palette(labels: np.ndarray) -> Image.Image:
    """Number colours, with PASCAL VOC's void for all that is no object."""
    image = Image.fromarray(np.where(labels == 0, 255, labels).astype(np.uint8))
    image.putpalette([value % 256 for value in range(768)])
    assert image.mode == "P"
    return image


@pytest.mark.parametrize("form", FORMS)
def test_values_are_read_in_every_form_that_keeps_them(form: str, dataset: Path, spoil: Path, open_folder: Any) -> None:
    spoil.unlink()
    FORMS[form](_labels()).save(spoil.with_suffix(".tif" if form == "32 bits" else ".png"))
    splits, log = open_folder(dataset)
    assert [a.bbox for a in splits["all"].annotations] == [(5, 5, 10, 20), (15, 5, 15, 20)] * 3
    assert log.faults == []


def test_masks_come_through_pixel_for_pixel(dataset: Path, spoil: Path, open_folder: Any) -> None:
    drawn = np.random.default_rng(0).integers(0, 5, (HEIGHT, WIDTH), dtype=np.uint8)
    drawn[0, 0], drawn[-1, -1] = 3, 4
    Image.fromarray(drawn).save(spoil)
    splits, _ = open_folder(dataset)
    read = np.zeros_like(drawn)
    image = next(image.id for image in splits["all"].images if image.file_name == "2.png")
    for value, a in enumerate((a for a in splits["all"].annotations if a.image_id == image), start=1):
        read += decode({"size": [HEIGHT, WIDTH], "counts": a.counts}) * value
    assert (read == drawn).all()


def _save_colours(path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 9, (HEIGHT, WIDTH, 3), dtype=np.uint8)).save(path)


def _save_picture(path: Path) -> None:
    Image.fromarray(np.arange(HEIGHT * 900).reshape(HEIGHT, 900).astype(np.uint16)).save(path)


SPOILED: dict[str, tuple[Any, str]] = {
    "colours": (_save_colours, "mask-values"),
    "a value for each pixel": (_save_picture, "mask-values"),
    "values below zero": (lambda p: Image.fromarray(_labels().astype(np.int32) - 1).save(p, "TIFF"), "mask-values"),
    "another size": (lambda p: Image.fromarray(np.ones((HEIGHT, WIDTH + 1), np.uint8)).save(p), "mask-size"),
    "a JPEG": (lambda p: Image.fromarray(_labels().astype(np.uint8)).save(p, "JPEG"), "image-format"),
    "two pages": (
        lambda p: Image.new("L", (WIDTH, HEIGHT)).save(
            p, "TIFF", save_all=True, append_images=[Image.new("L", (WIDTH, HEIGHT))]
        ),
        "image-frames",
    ),
    "an empty file": (lambda p: p.write_bytes(b""), "image-empty"),
    "half a file": (lambda p: p.write_bytes(p.read_bytes()[:60]), "image-corrupt"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_mask_that_cannot_be_used_is_a_fault_and_its_image_left_out(
    case: str, dataset: Path, spoil: Path, open_folder: Any
) -> None:
    save, code = SPOILED[case]
    save(spoil)
    splits, log = open_folder(dataset)
    assert [(fault.code, fault.where) for fault in log.faults] == [(code, "2.png")]
    assert [image.file_name for image in splits["all"].images] == ["1.png", "3.png"]


def test_an_image_without_a_mask_is_a_fault(dataset: Path, spoil: Path, told: Any) -> None:
    spoil.unlink()
    assert told(dataset) == [("label-unpaired", "2.png")]


def test_a_mask_without_an_image_is_a_fault(dataset: Path, told: Any) -> None:
    save_labels(dataset / "masks" / "9.png", {1: LEFT})
    assert told(dataset) == [("label-unpaired", "9.png")]


def test_an_empty_mask_is_an_image_without_objects(dataset: Path, spoil: Path, told: Any) -> None:
    save_labels(spoil, {})
    assert told(dataset) == [("images-unannotated", "images")]


def test_one_value_in_all_masks_is_worth_a_word(dataset: Path, told: Any) -> None:
    for n in (1, 2, 3):
        save_labels(dataset / "masks" / f"{n}.png", {255: LEFT})
    assert told(dataset) == [("mask-one-value", "")]


def test_masks_may_end_in_a_word_that_says_so(dataset: Path, spoil: Path, told: Any) -> None:
    spoil.rename(spoil.with_name("2_mask.png"))
    assert told(dataset) == []


def test_a_folder_of_masks_called_like_the_image_holds_one_object_a_file(
    dataset: Path, spoil: Path, open_folder: Any
) -> None:
    spoil.unlink()
    for number, box in enumerate((LEFT, RIGHT)):
        save_labels(dataset / "masks" / "2" / f"{number}.png", {9: box})
    splits, log = open_folder(dataset)
    assert [a.bbox for a in splits["all"].annotations] == [(5, 5, 10, 20), (15, 5, 15, 20)] * 3
    assert log.faults == []


def test_the_only_class_takes_its_name_from_classes_txt(dataset: Path, open_folder: Any) -> None:
    (dataset / "classes.txt").write_text("nut\n")
    splits, _ = open_folder(dataset)
    assert [category.name for category in splits["all"].categories] == ["nut"]


def test_masks_of_the_pixels_as_stored_are_turned_with_the_image(tmp_path: Path, open_folder: Any) -> None:
    write_masks(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(tmp_path / "images" / "1.png") as image:
        image.convert("RGB").save(tmp_path / "images" / "1.jpg", exif=exif)
    (tmp_path / "images" / "1.png").unlink()
    splits, log = open_folder(tmp_path)
    assert log.totals() == {"exif-orientation": 1}
    assert splits["all"].annotations[0].bbox == (HEIGHT - 30, 10, 20, 20)
