"""The canonical copy: upright images, safe names, labels 1..K, a hash that knows all; masks are in test_round_trips."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rehead.coco.canonical import write_dataset
from rehead.coco.decoding import decode_image
from rehead.coco.records import Dataset
from rehead.files import sha256_of

Document = dict[str, Any]


def _write(data: Dataset, folder: Path) -> dict[str, Any]:
    return write_dataset(folder, {"train": data, "val": data, "test": data}, source="x")


def _json(folder: Path) -> Document:
    document: Document = json.loads((folder / "train.json").read_text(encoding="utf-8"))
    return document


def test_labels_are_contiguous_in_the_order_of_source_ids(look: Any, document: Document, tmp_path: Path) -> None:
    document["categories"].reverse()
    manifest = _write(look(document)[0], tmp_path / "dataset")
    assert manifest["categories"] == ["cat", "dog"]
    assert [a["category_id"] for a in _json(tmp_path / "dataset")["annotations"]] == [1, 2, 2]


def test_annotations_are_numbered_from_one(look: Any, document: Document, tmp_path: Path) -> None:
    for annotation in document["annotations"]:
        annotation["id"] = annotation["id"] * 10 - 10
    _write(look(document)[0], tmp_path / "dataset")
    assert [a["id"] for a in _json(tmp_path / "dataset")["annotations"]] == [1, 2, 3]


def test_sound_images_are_copied_byte_for_byte(look: Any, document: Document, folder: Path, tmp_path: Path) -> None:
    _write(look(document)[0], tmp_path / "dataset")
    assert sha256_of(tmp_path / "dataset" / "images" / "2.png") == sha256_of(folder / "images" / "2.png")


@pytest.mark.parametrize("kind", ["alpha", "cmyk", "bmp", "sideways", "no end"])
def test_other_images_are_stored_upright_in_rgb_without_loss(
    kind: str, look: Any, document: Document, folder: Path, tmp_path: Path
) -> None:
    path = folder / "images" / "1.png"
    picture, exif = Image.open(path).convert("RGB"), Image.Exif()
    exif[0x0112] = 3
    {
        "alpha": lambda: picture.convert("RGBA").save(path, "PNG"),
        "cmyk": lambda: picture.convert("CMYK").save(path, "JPEG"),
        "bmp": lambda: picture.save(path, "BMP"),
        "sideways": lambda: picture.save(path, "JPEG", exif=exif.tobytes()),
        "no end": lambda: picture.save(path, "JPEG"),
    }[kind]()
    if kind == "no end":
        path.write_bytes(path.read_bytes()[:-2])
    _write(look(document)[0], tmp_path / "dataset")
    with Image.open(tmp_path / "dataset" / "images" / "1.png") as stored:
        assert (stored.mode, stored.getexif().get(0x0112)) == ("RGB", None)
        np.testing.assert_array_equal(np.asarray(stored), np.asarray(decode_image(path.read_bytes()).image))


def test_names_are_safe_and_differ_on_any_file_system(
    look: Any, document: Document, folder: Path, tmp_path: Path
) -> None:
    for n, name in enumerate(["a b.png", "sub/a_b.png", "A_B.png"], start=1):
        (folder / "images" / "sub").mkdir(exist_ok=True)
        (folder / "images" / f"{n}.png").rename(folder / "images" / name)
        document["images"][n - 1]["file_name"] = name
    manifest = _write(look(document)[0], tmp_path / "dataset")
    names = [image["file_name"] for image in _json(tmp_path / "dataset")["images"]]
    assert len({name.casefold() for name in names}) == 3
    assert manifest["renamed"][names[1]] == "sub/a_b.png"


def test_the_manifest_names_every_file_by_its_hash(look: Any, document: Document, tmp_path: Path) -> None:
    manifest = _write(look(document)[0], tmp_path / "dataset")
    files = {p.relative_to(tmp_path / "dataset").as_posix(): p for p in (tmp_path / "dataset").rglob("*.*")}
    files.pop("manifest.json")
    assert manifest["files"] == {name: sha256_of(path) for name, path in files.items()}


def test_writing_twice_gives_the_same_files(look: Any, document: Document, tmp_path: Path) -> None:
    data = look(document)[0]
    first, second = _write(data, tmp_path / "first"), _write(data, tmp_path / "second")
    assert first == second


def _print(manifest: dict[str, Any]) -> str:
    fingerprint: str = manifest["splits"]["train"]["fingerprint"]
    return fingerprint


def test_a_changed_pixel_changes_the_fingerprint(look: Any, document: Document, folder: Path, tmp_path: Path) -> None:
    before = _write(look(document)[0], tmp_path / "dataset")
    path = folder / "images" / "1.png"
    picture = Image.open(path).convert("RGB")
    picture.putpixel((3, 3), (1, 2, 3))
    picture.save(path)
    assert _print(_write(look(document)[0], tmp_path / "dataset")) != _print(before)


def test_the_same_pixels_in_another_file_keep_the_fingerprint(
    look: Any, document: Document, folder: Path, tmp_path: Path
) -> None:
    before = _write(look(document)[0], tmp_path / "dataset")
    path = folder / "images" / "1.png"
    Image.open(path).convert("RGB").save(path, "PNG", compress_level=0)
    assert _print(_write(look(document)[0], tmp_path / "dataset")) == _print(before)


@pytest.mark.parametrize("field", [{"bbox": [10, 10, 19, 20]}, {"category_id": 7}, {"iscrowd": 1}, {"image_id": 2}])
def test_a_changed_annotation_changes_the_fingerprint(
    field: dict[str, Any], look: Any, document: Document, tmp_path: Path
) -> None:
    before = _write(look(document)[0], tmp_path / "dataset")
    document["annotations"][0].update(field)
    assert _print(_write(look(document)[0], tmp_path / "dataset")) != _print(before)
