"""A picture's digest tells any two pictures apart, and never changes: splits and fingerprints rest on it."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from rehead.coco.digests import digest_of

SIZES = [(8, 9), (64, 48), (160, 161), (640, 480), (1300, 1000), (90_000, 8)]


def _picture(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_a_pixel_that_changes_by_one_changes_the_digest(size: tuple[int, int], place: float) -> None:
    picture = _picture(*size)
    pixels = np.array(picture)
    pixels.reshape(-1)[round(place * (pixels.size - 1))] ^= 1
    assert digest_of(Image.fromarray(pixels)) != digest_of(picture)


@pytest.mark.parametrize("size", SIZES)
def test_the_same_bytes_in_another_shape_are_another_picture(size: tuple[int, int]) -> None:
    picture = _picture(*size)
    turned = Image.frombytes("RGB", size[::-1], picture.tobytes())
    assert digest_of(turned) != digest_of(picture)


def test_small_pictures_are_hashed_whole() -> None:
    picture = _picture(64, 48)
    assert digest_of(picture) == hashlib.sha256(b"64x48:" + picture.tobytes()).hexdigest()


def test_the_digest_of_a_large_picture_is_the_same_for_ever() -> None:
    columns = np.arange(640, dtype=np.uint8)[None, :, None] * np.ones((480, 1, 3), np.uint8)
    assert digest_of(Image.fromarray(columns)) == "6710765bcbf1b7deebea45bcca2f4890b12370f0a2a95472d8dd3fba301b8734"
