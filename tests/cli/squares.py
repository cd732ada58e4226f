"""COCO files of square objects in rows; their images are drawn only where somebody looks at pixels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from rehead.files import write_json


def write_squares(
    path: Path,
    *,
    images: int = 6,
    size: tuple[int, int] = (640, 480),
    side: int = 60,
    objects: int = 3,
    name: Callable[[int], str] = "picture{}.jpg".format,
    change: Callable[[dict[str, Any]], object] = lambda document: None,
) -> Path:
    """Write `objects` squares of `side` into each image; `change` may alter the document before it is written."""
    entries = [{"id": n, "file_name": name(n), "width": size[0], "height": size[1]} for n in range(1, images + 1)]
    annotations: list[dict[str, Any]] = []
    a_row = size[0] // side
    for entry in entries:
        for place in range(objects):
            x, y = place % a_row * side, place // a_row * side
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": entry["id"],
                    "category_id": 7,
                    "bbox": [x, y, side, side],
                    "area": side * side,
                    "iscrowd": 0,
                    "segmentation": [[x, y, x + side, y, x + side, y + side, x, y + side]],
                }
            )
    document = {"categories": [{"id": 7, "name": "brick"}], "images": entries, "annotations": annotations}
    change(document)
    write_json(path, document)
    return path


def draw_images(folder: Path, number: int, *, size: tuple[int, int]) -> None:
    """Draw noise as the images that `write_squares` names."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for image in range(1, number + 1):
        pixels = rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"picture{image}.jpg")
