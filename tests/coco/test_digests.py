"""A picture's digest tells any two pictures apart, and never changes: splits and fingerprints rest on it."""

import numpy as np
import pytest
from blake3 import blake3
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


@pytest.mark.parametrize("size", SIZES)
def test_pictures_are_hashed_whole(size: tuple[int, int]) -> None:
    picture = _picture(*size)
    assert digest_of(picture) == blake3(f"{size[0]}x{size[1]}:".encode() + picture.tobytes()).hexdigest()


def test_the_digest_of_a_picture_is_the_same_for_ever() -> None:
    columns = np.arange(640, dtype=np.uint8)[None, :, None] * np.ones((480, 1, 3), np.uint8)
    assert digest_of(Image.fromarray(columns)) == "c472cf7185e2dfd989bde18125907231b1659ee7256c6b06972be6e5b2924679"
