"""Squares of two classes in images of 200 x 200: truth and detections whose overlaps are known."""

from typing import Any

import numpy as np

from rehead.coco.rle import encode

SIDE = 200
NUT, BOLT = 1, 2
Entry = dict[str, Any]


def square(x: int, y: int, *, category: int = NUT, image: int = 1, side: int = 20, **more: Any) -> Entry:
    """Draw one with its upper left corner at x, y; what sticks out of the image is cut off the mask."""
    mask_hw = np.zeros((SIDE, SIDE), dtype=np.uint8)
    mask_hw[y : y + side, x : x + side] = 1
    return {
        "image_id": image,
        "category_id": category,
        "bbox": [float(x), float(y), float(side), float(side)],
        "segmentation": encode(mask_hw),
        "area": float(mask_hw.sum()),
        **more,
    }


def truth_of(*objects: Entry, images: int = 1) -> Entry:
    """Number the objects from 1 on."""
    return {
        "images": [{"id": n, "file_name": f"{n}.png", "width": SIDE, "height": SIDE} for n in range(1, images + 1)],
        "categories": [{"id": NUT, "name": "nut"}, {"id": BOLT, "name": "bolt"}],
        "annotations": [{"iscrowd": 0} | one | {"id": n} for n, one in enumerate(objects, start=1)],
    }


def found(*detections: tuple[Entry, float]) -> list[Entry]:
    """Give squares a score."""
    return [{key: one[key] for key in one if key != "area"} | {"score": score} for one, score in detections]


def noisy_case(seed: int, *, images: int = 6, shift: int = 14) -> tuple[Entry, list[Entry]]:
    """Draw objects and crowd regions of three sizes, shifted, misnamed, doubled, missed and invented; scores tie."""
    rng = np.random.default_rng(seed)
    objects, detections = [], []
    for image in range(1, images + 1):
        for _ in range(int(rng.integers(0, 9))):
            x, y, category, side = (
                int(v) for v in (*rng.integers(0, 150, 2), rng.integers(1, 3), rng.choice([12, 40, 110]))
            )
            objects.append(square(x, y, category=category, image=image, side=side, iscrowd=int(rng.random() < 0.1)))
            for _ in range(int(rng.integers(0, 3))):
                dx, dy = (int(v) for v in rng.integers(0, shift, 2))
                said = category if rng.random() < 0.8 else 3 - category
                one = square(x + dx, y + dy, category=said, image=image, side=side)
                detections.append((one, float(rng.integers(1, 12)) / 12))
        detections.append((square(0, 0, category=int(rng.integers(1, 3)), image=image), float(rng.random())))
    return truth_of(*objects, images=images), found(*detections)
