"""How many images are checked in a second, against the same workers doing nothing but decode them with Pillow.

What checking adds is mostly one SHA-256 over the pixels: a quarter of the time that a JPEG takes to decode.
"""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from rehead.coco.image_pool import ImagePool
from rehead.files import write_json

REPORT = Path("reports/bench/images.json")
SMALL, LARGE = (480, 640), (1500, 2000)
KINDS = {
    "640x480 jpg": (SMALL, ".jpg", 160),
    "640x480 png": (SMALL, ".png", 40),
    "2000x1500 jpg": (LARGE, ".jpg", 24),
    "2000x1500 png": (LARGE, ".png", 6),
}
_BARE = (sys.executable, str(Path(__file__).with_name("bare_worker.py")))
_ROUNDS = 4


def _draw(path: Path, size: tuple[int, int], rng: np.random.Generator) -> Path:
    """Draw soft colours under grain: about as many bytes a pixel as a photograph of COCO has."""
    height, width = size
    colours = rng.integers(0, 256, (height // 40, width // 40, 3), dtype=np.uint8)
    soft = Image.fromarray(colours).resize((width, height), Image.Resampling.BICUBIC)
    grained = np.asarray(soft) + rng.normal(0, 12, (height, width, 1))
    Image.fromarray(np.clip(grained, 0, 255).astype(np.uint8)).save(path, quality=92)
    return path


def _processor_seconds() -> float:
    """Sum up what this process and its workers have used."""
    here = psutil.Process()
    times = [process.cpu_times() for process in (here, *here.children(recursive=True))]
    return sum(used.user + used.system for used in times)


def _spent(pool: ImagePool, paths: list[Path]) -> tuple[float, float]:
    """Check the images once; returns wall and processor seconds."""
    wall, processor = time.perf_counter(), _processor_seconds()
    assert len(list(pool.inspect(paths))) == len(paths)
    return time.perf_counter() - wall, _processor_seconds() - processor


def _compared(paths: list[Path]) -> dict[str, Any]:
    """Check and merely decode the same images in turns, with as many workers; the best of each counts."""
    with ImagePool() as checking, ImagePool(command=_BARE) as decoding:
        for pool in (checking, decoding):
            list(pool.inspect(paths[:16]))
        turns = [(_spent(checking, paths), _spent(decoding, paths)) for _ in range(_ROUNDS)]
    (checked, busy), (decoded, busy_decoding) = (np.min(times, axis=0) for times in zip(*turns, strict=True))
    return {
        "images": len(paths),
        "checked_per_second": round(len(paths) / checked, 1),
        "decoded_per_second": round(len(paths) / decoded, 1),
        "ratio": round(checked / decoded, 2),
        "processor_ratio": round(busy / busy_decoding, 2),
    }


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder, rng = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    figures = {}
    for kind, (size, suffix, count) in KINDS.items():
        paths = [_draw(folder / f"{kind.split()[0]}-{number}{suffix}", size, rng) for number in range(count)]
        figures[kind] = _compared(paths)
    write_json(REPORT, figures)
    return figures


@pytest.mark.bench
@pytest.mark.parametrize("kind", KINDS)
def test_checking_images_costs_less_than_decoding_them_twice(compared: dict[str, dict[str, Any]], kind: str) -> None:
    assert compared[kind]["processor_ratio"] < 2
