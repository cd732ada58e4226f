"""COCO files of any length for benchmarks: seeded, with COCO's mix of forms and sizes, written as they are drawn."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as native

FORMS = ("polygon", "parts", "compressed", "uncompressed")
_MIX = (0.82, 0.10, 0.04, 0.04)
_SIZES = ((480, 640), (640, 480), (427, 640), (426, 640))
_OBJECTS_AN_IMAGE = 10
_SHAPES_A_PLACE = 150
_CLASSES = 80


def write_large_file(path: Path, annotations: int, *, faulty: bool = False) -> None:
    """Write a COCO file with ten annotations an image, in mixed order; `faulty` leaves out every area.

    Shapes repeat, though never within an image, so that the file costs little time and memory to write.
    """
    rng = np.random.default_rng(0)
    images = annotations // _OBJECTS_AN_IMAGE
    places = len(_SIZES) * _OBJECTS_AN_IMAGE
    shapes = [_shape_text(rng, at // _OBJECTS_AN_IMAGE, faulty) for at in range(places) for _ in range(_SHAPES_A_PLACE)]
    with path.open("w", encoding="ascii") as stream:
        stream.write('{"info": {"description": "drawn for benchmarks"}, "images": [')
        _write_all(stream, (_image_text(number) for number in range(images)))
        stream.write('], "annotations": [')
        _write_all(stream, _annotation_texts(rng, images, shapes))
        table = [{"id": number, "name": f"class {number}"} for number in range(1, _CLASSES + 1)]
        stream.write(f'], "categories": {json.dumps(table)}}}')


def drawn_object(rng: np.random.Generator, form: str, height: int, width: int) -> dict[str, Any]:
    """Draw one object: `segmentation` in that form, with its area, bbox and crowd flag."""
    outlines = [_outline(rng, height, width) for _ in range(rng.integers(2, 4) if form == "parts" else 1)]
    rle = native.merge(native.frPyObjects(outlines, height, width))
    segmentation: Any = outlines
    if form == "compressed":
        segmentation = {"size": [height, width], "counts": rle["counts"].decode()}
    elif form == "uncompressed":
        segmentation = {"size": [height, width], "counts": _runs(native.decode(rle))}
    return {
        "segmentation": segmentation,
        "area": int(native.area(rle)),
        "iscrowd": int(form == "uncompressed"),
        "bbox": [float(side) for side in native.toBbox(rle)],
    }


def _outline(rng: np.random.Generator, height: int, width: int) -> list[float]:
    """Draw a flat wavy outline of 8 to 60 points, small objects more often than large ones."""
    points, radius = (int(np.exp(rng.uniform(*np.log(ends)))) for ends in ((8, 61), (6, 160)))
    angles = np.arange(points) * 2 * np.pi / points
    waves = 1 + 0.2 * np.sin(3 * angles + rng.uniform(0, 6)) + rng.uniform(-0.1, 0.1, points)
    centre = rng.uniform(0.1, 0.9, 2) * (width, height)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1) * (radius * waves)[:, None]
    return [round(float(value), 2) for value in np.clip(centre + around, 0, (width, height)).ravel()]


def _runs(mask_hw: np.ndarray) -> list[int]:
    """Count the runs of a mask in column-major order, first of zeros."""
    flat = mask_hw.ravel(order="F")
    ends = np.concatenate(([0], np.flatnonzero(np.diff(flat)) + 1, [flat.size]))
    return [0] * int(flat[0]) + [int(run) for run in np.diff(ends)]


def _shape_text(rng: np.random.Generator, size: int, faulty: bool) -> str:
    shape = drawn_object(rng, str(rng.choice(FORMS, p=_MIX)), *_SIZES[size])
    if faulty:
        del shape["area"]
    return json.dumps(shape)[1:-1]


def _image_text(number: int) -> str:
    height, width = _SIZES[number % len(_SIZES)]
    entry = {"id": number + 1, "file_name": f"{number + 1:012}.jpg", "height": height, "width": width, "license": 1}
    return json.dumps(entry)


def _annotation_texts(rng: np.random.Generator, images: int, shapes: list[str]) -> Iterator[str]:
    """Yield each image's objects, one round of all images after the other; a round has shapes of its own."""
    for turn in range(_OBJECTS_AN_IMAGE):
        picks = rng.integers(_SHAPES_A_PLACE, size=images).tolist()
        classes = rng.integers(1, _CLASSES + 1, size=images).tolist()
        for image, pick, label in zip(range(images), picks, classes, strict=True):
            place = (image % len(_SIZES)) * _OBJECTS_AN_IMAGE + turn
            ids = f'"id": {turn * images + image + 1}, "image_id": {image + 1}, "category_id": {label}'
            yield f"{{{shapes[place * _SHAPES_A_PLACE + pick]}, {ids}}}"


def _write_all(stream: Any, texts: Iterator[str]) -> None:
    for at, text in enumerate(texts):
        stream.write(f"{', ' if at else ''}{text}")
