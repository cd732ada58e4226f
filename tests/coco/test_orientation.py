"""Annotations turn with the pixels, and a picture on its side ends up with the annotations it was meant to have."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rehead.coco import rle
from rehead.coco.decoding import TURNS, decode_image
from rehead.coco.orientation import turned, turned_array
from rehead.coco.records import Annotation


@pytest.mark.parametrize("orientation", TURNS)
def test_arrays_turn_as_pillow_turns_pixels(orientation: int) -> None:
    array_hw = np.arange(12, dtype=np.uint8).reshape(3, 4)
    turned_by_pillow = np.asarray(Image.fromarray(array_hw).transpose(TURNS[orientation]))
    np.testing.assert_array_equal(turned_array(array_hw, orientation), turned_by_pillow)


@pytest.mark.parametrize("orientation", TURNS)
def test_a_box_turns_with_its_mask(orientation: int) -> None:
    mask_hw = np.zeros((5, 9), dtype=np.uint8)
    mask_hw[1:3, 4:8] = 1
    source = Annotation(1, 1, 1, (4.0, 1.0, 4.0, 2.0), 8.0, 0, rle.encode(mask_hw)["counts"])
    found = turned(source, orientation, 5, 9)
    size = [9, 5] if orientation >= 5 else [5, 9]
    assert found.bbox == rle.bounding_box({"size": size, "counts": found.counts})


def _sideways(path: Path) -> None:
    """Store 64 x 48 pixels whose marked square lies at x 10..30, y 5..15, to be shown turned by 90 degrees."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[5:15, 10:30] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(path, "PNG", exif=exif.tobytes())


@pytest.mark.parametrize("frame", ["stored", "upright"])
def test_the_mask_covers_the_marked_square_in_either_frame(frame: str, folder: Path, look: Any, document: Any) -> None:
    path = folder / "images" / "1.png"
    _sideways(path)
    left, top, right, bottom = (10, 5, 30, 15) if frame == "stored" else (33, 10, 43, 30)
    outline = [left, top, left, bottom, right, bottom, right, top]
    box = [left, top, right - left, bottom - top]
    document["annotations"][0].update(bbox=box, area=200, segmentation=[outline])
    document["images"][0].update({"width": 64, "height": 48} if frame == "stored" else {"width": 48, "height": 64})
    data, _ = look(document)
    upright = np.asarray(decode_image(path.read_bytes()).image)[..., 0] > 0
    mask = rle.decode({"size": [64, 48], "counts": data.annotations[0].counts})
    np.testing.assert_array_equal(mask == 1, upright)


def test_damaged_exif_counts_as_upright() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (16, 8)).save(stream, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode_image(stream.getvalue()).image.size == (16, 8)
