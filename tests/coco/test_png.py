"""A PNG file of ours is one to other readers, whatever its size."""

import io

import numpy as np
import pytest
from PIL import Image

from rehead.coco.png import png_of


@pytest.mark.parametrize("size", [(1, 1), (3, 7), (150, 145), (200, 333)])
def test_pillow_reads_the_pixels_that_were_written(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(png_of(pixels))) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        np.testing.assert_array_equal(np.asarray(image), pixels)
