"""Annotations made on pixels as stored turn with the pixels; test_round_trips shows it on whole datasets."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rehead.coco import rle
from rehead.coco.decoding import SIDEWAYS, TURNS, decode_image
from rehead.coco.formats.sizes import upright_size
from rehead.coco.orientation import turned
from rehead.coco.records import Annotation


@pytest.mark.parametrize("orientation", [1, *TURNS])
def test_a_box_turns_with_its_mask(orientation: int) -> None:
    mask_hw = np.zeros((5, 9), dtype=np.uint8)
    mask_hw[1:3, 4:8] = 1
    source = Annotation(1, 1, 1, (4.0, 1.0, 4.0, 2.0), 8.0, 0, rle.encode(mask_hw)["counts"])
    found = turned(source, orientation, 5, 9)
    size = [9, 5] if orientation in SIDEWAYS else [5, 9]
    assert found.bbox == rle.bounding_box({"size": size, "counts": found.counts})


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", [1, *TURNS])
def test_the_stored_size_is_told_beside_the_upright_pixels(orientation: int, form: str) -> None:
    stream, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (16, 8)).save(stream, form, exif=exif)
    found = decode_image(stream.getvalue())
    upright = (8, 16) if orientation in SIDEWAYS else (16, 8)
    assert (found.orientation, (found.width, found.height), found.image.size) == (orientation, (16, 8), upright)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", [1, *TURNS])
def test_the_size_in_a_files_head_is_that_of_the_upright_pixels(orientation: int, form: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (16, 8)).save(tmp_path / "x", form, exif=exif)
    assert upright_size(tmp_path / "x") == decode_image((tmp_path / "x").read_bytes()).image.size


def test_damaged_exif_counts_as_upright() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (16, 8)).save(stream, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode_image(stream.getvalue()).image.size == (16, 8)
