"""Scenes of objects as masks, and the tiles' view of them: a detector that finds what each tile shows, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.coco.pieces import pieces_of
from rehead.coco.plan import TilePlan
from rehead.coco.records import Annotation, ImageRecord
from rehead.coco.rle import bounding_box, encode
from rehead.coco.windows import Window, grid
from rehead.evaluation.detections import Detections
from rehead.evaluation.overlaps import View

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Thing:
    """An object: its mask in the image, its class and the score with which every tile finds it."""

    mask_hw: Mask
    label: int = 1
    score: float = 1.0


def rectangle(shape: tuple[int, int], left: int, top: int, right: int, bottom: int) -> Mask:
    mask = np.zeros(shape, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def disc(shape: tuple[int, int], x: float, y: float, radius: float) -> Mask:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.asarray((rows - y) ** 2 + (columns - x) ** 2 <= radius**2)


def drawn_scene(rng: np.random.Generator, shape: tuple[int, int], *, covering: bool) -> list[Thing]:
    """Draw discs, rings and bars from two pixels to larger than the image; where not `covering`, each pixel has one.

    A disc or bar that others cut apart is left out: what lies in tiles without common pixels cannot be known for one.
    """
    masks: list[Mask] = []
    for _ in range(int(rng.integers(1, 12))):
        x, y = rng.uniform(0, shape[1]), rng.uniform(0, shape[0])
        radius = float(np.exp(rng.uniform(0.5, np.log(max(shape)))))
        kind, share = rng.integers(3), rng.uniform(0.05, 1.0)
        across, down = (radius, radius * share) if rng.random() < 0.5 else (radius * share, radius)
        bar = rectangle(shape, *(max(int(v), 0) for v in (x - across, y - down, x + across + 1, y + down + 1)))
        mask = (disc(shape, x, y, radius), disc(shape, x, y, radius) & ~disc(shape, x, y, 0.7 * radius), bar)[kind]
        if not covering:
            taken = np.logical_or.reduce(masks) if masks else np.zeros(shape, dtype=bool)
            mask = mask & ~taken
        if mask.any() and _in_one_piece(mask) and not any((mask == other).all() for other in masks):
            masks.append(mask)
    scores = rng.permutation(len(masks)) / len(masks)
    return [Thing(m, int(rng.integers(1, 3)), float(score)) for m, score in zip(masks, scores, strict=True)]


def views_of(things: Sequence[Thing], plan: TilePlan) -> list[View]:
    """Show each tile's truth as its detections; slivers that training would ignore are not found."""
    height, width = things[0].mask_hw.shape
    image, tiles = ImageRecord(1, "scene.png", width, height), grid(width, height, plan)
    shown: dict[Window, list[tuple[Annotation, float]]] = {tile: [] for tile in tiles}
    for thing in things:
        for tile, piece in pieces_of(_annotation(thing), image, tiles):
            if not piece.iscrowd:
                shown[tile].append((piece, thing.score))
    return [View(tile, _found(tile, pieces)) for tile, pieces in shown.items()]


def truth_of(things: Sequence[Thing]) -> dict[str, Any]:
    """Write the scene as a COCO document of one image."""
    height, width = things[0].mask_hw.shape
    return {
        "images": [{"id": 1, "file_name": "scene.png", "width": width, "height": height}],
        "categories": [{"id": 1, "name": "nut"}, {"id": 2, "name": "bolt"}],
        "annotations": [
            {
                "id": number,
                "image_id": 1,
                "category_id": thing.label,
                "iscrowd": 0,
                "area": float(thing.mask_hw.sum()),
                "bbox": list(bounding_box(encode(thing.mask_hw))),
                "segmentation": encode(thing.mask_hw),
            }
            for number, thing in enumerate(things, start=1)
        ],
    }


def _annotation(thing: Thing) -> Annotation:
    mask = encode(thing.mask_hw)
    return Annotation(1, 1, thing.label, bounding_box(mask), float(thing.mask_hw.sum()), 0, mask["counts"])


def _found(tile: Window, pieces: Sequence[tuple[Annotation, float]]) -> Detections:
    boxes_n4 = np.array([piece.bbox for piece, _ in pieces], np.float32).reshape(-1, 4)
    boxes_n4[:, 2:] += boxes_n4[:, :2]
    return Detections(
        boxes_n4,
        np.array([piece.category_id for piece, _ in pieces], np.int64),
        np.array([score for _, score in pieces], np.float32),
        [{"size": [tile.height, tile.width], "counts": piece.counts} for piece, _ in pieces],
    )


def _in_one_piece(mask: Mask) -> bool:
    """Grow from one pixel along edges and corners until nothing is added."""
    reached = np.zeros_like(mask)
    reached[tuple(np.argwhere(mask)[0])] = True
    while True:
        around = np.pad(reached, 1)
        rows = around[:-2] | around[1:-1] | around[2:]
        grown = (rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]) & mask
        if (grown == reached).all():
            return bool((reached == mask).all())
        reached = grown
