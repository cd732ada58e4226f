"""One small dataset written in every format: three images with one 20 x 20 square each, of two classes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.coco.conftest import HEIGHT, WIDTH, draw_image, sound_document

CLASSES = {1: "cat", 2: "dog", 3: "dog"}
POINTS = [[10, 10], [10, 30], [30, 30], [30, 10]]
NAMES = [f"{n}.png" for n in CLASSES]


def write_coco(folder: Path) -> None:
    _draw(folder / "images")
    write_json(folder / "annotations.json", sound_document())


def write_yolo(folder: Path) -> None:
    _draw(folder / "images")
    (folder / "labels").mkdir()
    (folder / "data.yaml").write_text("names: {0: cat, 1: dog}\nnc: 2\n")
    shares = " ".join(f"{x / WIDTH:.6f} {y / HEIGHT:.6f}" for x, y in POINTS)
    for n, name in CLASSES.items():
        (folder / "labels" / f"{n}.txt").write_text(f"{int(name == 'dog')} {shares}\n")


def write_masks(folder: Path) -> None:
    _draw(folder / "images")
    for n, name in CLASSES.items():
        (folder / "masks" / name).mkdir(parents=True, exist_ok=True)
        save_labels(folder / "masks" / name / f"{n}.png", {n: (10, 10, 30, 30)})


def write_image_folders(folder: Path) -> None:
    for n in CLASSES:
        draw_image(folder / f"id{n}" / "images" / f"id{n}.png", n)
        (folder / f"id{n}" / "masks").mkdir()
        save_labels(folder / f"id{n}" / "masks" / "a.png", {255: (10, 10, 30, 30)})


def write_labelme(folder: Path) -> None:
    _draw(folder)
    for n, name in CLASSES.items():
        write_json(folder / f"{n}.json", labelme_document(n, [labelme_shape(name, "polygon", POINTS)]))


def write_via(folder: Path) -> None:
    _draw(folder)
    entries = {
        f"{n}.png123": {"filename": f"{n}.png", "size": 123, "regions": [via_region(name)], "file_attributes": {}}
        for n, name in CLASSES.items()
    }
    write_json(folder / "via_region_data.json", entries)


WRITERS: dict[str, Callable[[Path], None]] = {
    "coco": write_coco,
    "yolo": write_yolo,
    "masks": write_masks,
    "image_folders": write_image_folders,
    "labelme": write_labelme,
    "via": write_via,
}


def labelme_shape(label: Any, kind: Any, points: Any, *, group: Any = None) -> dict[str, Any]:
    return {"label": label, "points": points, "group_id": group, "shape_type": kind, "flags": {}}


def labelme_document(n: int, shapes: Any) -> dict[str, Any]:
    size = {"imageHeight": HEIGHT, "imageWidth": WIDTH}
    return {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": f"{n}.png", "imageData": "iVBO", **size}


def via_region(label: str, **shape: Any) -> dict[str, Any]:
    polygon = {"name": "polygon", "all_points_x": [x for x, _ in POINTS], "all_points_y": [y for _, y in POINTS]}
    return {"shape_attributes": shape or polygon, "region_attributes": {"class": label}}


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def save_labels(path: Path, boxes: dict[int, tuple[int, int, int, int]], *, dtype: Any = np.uint8) -> None:
    """Write a label image with a value in each box x1, y1, x2, y2."""
    labels = np.zeros((HEIGHT, WIDTH), dtype=dtype)
    for value, (x1, y1, x2, y2) in boxes.items():
        labels[y1:y2, x1:x2] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(labels).save(path)


def _draw(folder: Path) -> None:
    for n in CLASSES:
        draw_image(folder / f"{n}.png", n)
