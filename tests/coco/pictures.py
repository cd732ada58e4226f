"""Pictures that differ from one another as photographs do, and ways to change one without making it another."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageEnhance

Edit = Callable[[Image.Image], Image.Image]
WIDTH, HEIGHT = 160, 120


def picture(seed: int, *, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Blend coarse and fine random colours."""
    rng = np.random.default_rng(seed)
    layers = []
    for cells in (5, 12, 40):
        colours = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
        layers.append(Image.fromarray(colours).resize((width, height), Image.Resampling.BICUBIC))
    return Image.blend(Image.blend(layers[0], layers[1], 0.5), layers[2], 0.3)


def _as_jpeg(image: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=60)
    return Image.open(stream)


def _cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((width // 100, height // 100, width - width // 50, height - height // 50))


EDITS: dict[str, Edit] = {
    "encoded again": _as_jpeg,
    "at half size": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.9),
    "in grey": lambda image: image.convert("L").convert("RGB"),
    "cropped": _cropped,
}
