"""The drawn dataset: textured backgrounds, several kinds of object that hide one another, exact truth.

Every picture depends on the plan's seed, its split and its number alone, so adding images never changes others, and
every machine draws the same files: no arithmetic but `arithmetic`'s, no compressor but none. An object in full view is
annotated with its polygon, a partly hidden one with uncompressed RLE of what can be seen.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehead.coco.arithmetic import cosine, fill, sine
from rehead.coco.outlines import OUTLINES
from rehead.coco.plan import ShapesPlan
from rehead.coco.png import png_of
from rehead.files import write_json
from rehead.progress import followed

_SPLITS = ("train", "val", "test")
_OBJECTS = (2, 7)
_RADIUS = (0.07, 0.24)
"""Smallest and largest object radius as a share of the picture's side."""
_LEAST_PIXELS = 24

Picture = NDArray[np.float64]
Generator = np.random.Generator


@dataclass(frozen=True)
class _Placed:
    """An object as drawn: its kind, its polygon in pixels and its mask before anything hid it."""

    kind: int
    polygon: list[float]
    mask_hw: NDArray[np.bool_]
    full_area: float
    """Pixels that it would cover with nothing before it and no border to cut it."""


def draw_shapes(folder: Path, plan: ShapesPlan, *, seed: int) -> None:
    """Write a COCO folder with images/, train.json, val.json and test.json."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for split_number, split in enumerate(_SPLITS):
        images: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        count: int = getattr(plan, split)
        for number in followed(range(count), total=count, what=f"{split} pictures drawn"):
            name = f"{split}_{number:05d}.png"
            pixels, objects = _draw(plan, np.random.default_rng([seed, split_number, number]))
            (folder / "images" / name).write_bytes(png_of(pixels))
            images.append({"id": number + 1, "file_name": name, "width": plan.size, "height": plan.size})
            annotations += [{"id": len(annotations) + n, "image_id": number + 1, **o} for n, o in enumerate(objects, 1)]
        categories = [{"id": n, "name": kind} for n, kind in enumerate(plan.kinds, 1)]
        write_json(folder / f"{split}.json", {"images": images, "annotations": annotations, "categories": categories})


def _draw(plan: ShapesPlan, rng: Generator) -> tuple[NDArray[np.uint8], list[dict[str, Any]]]:
    """Draw one picture; returns its pixels HxWx3 and its objects as COCO annotations without ids."""
    picture = _background(plan.size, rng)
    placed: list[_Placed] = []
    owner_hw = np.full((plan.size, plan.size), -1)
    for _ in range(int(rng.integers(_OBJECTS[0], _OBJECTS[1] + 1))):
        thing = _place(plan, rng)
        trial_hw = np.where(thing.mask_hw, len(placed), owner_hw)
        if all(_seen(other, trial_hw == number, plan.visible) for number, other in enumerate([*placed, thing])):
            _paint(picture, thing, rng)
            placed.append(thing)
            owner_hw = trial_hw
    picture += _uniform(rng, 0.01, 0.05) * rng.standard_normal(picture.shape)
    objects = [_annotation(thing, owner_hw == number) for number, thing in enumerate(placed)]
    return (np.clip(picture, 0.0, 1.0) * 255).astype(np.uint8), objects


def _seen(thing: _Placed, visible_hw: NDArray[np.bool_], share: float) -> bool:
    """Tell whether enough of an object is in view to be worth a label."""
    return bool(visible_hw.sum() >= max(_LEAST_PIXELS, share * thing.full_area))


def _place(plan: ShapesPlan, rng: Generator) -> _Placed:
    """Choose an object's kind, size, turn and place."""
    kind = int(rng.integers(len(plan.kinds)))
    radius = plan.size * _uniform(rng, *_RADIUS)
    turn, stretch = _uniform(rng, 0.0, 2.0 * math.pi), _uniform(rng, 0.8, 1.2)
    centre_x, centre_y = _uniform(rng, 0.0, plan.size, 2)
    across, down = (OUTLINES[plan.kinds[kind]]() * radius * [1.0, stretch]).T
    x = across * cosine(turn) - down * sine(turn) + centre_x
    y = across * sine(turn) + down * cosine(turn) + centre_y
    full_area = abs(math.fsum(x * np.roll(y, 1) - y * np.roll(x, 1))) / 2.0
    outline_v2 = np.clip(np.stack([x, y], axis=1), 0.0, plan.size).round(1)
    polygon, mask_hw = outline_v2.ravel().tolist(), fill(outline_v2, plan.size)
    return _Placed(kind, polygon, mask_hw, full_area)


def _annotation(thing: _Placed, visible_hw: NDArray[np.bool_]) -> dict[str, Any]:
    """Describe an object as it is seen: polygon where all of it is, uncompressed RLE (column by column) elsewhere."""
    rows, columns = np.flatnonzero(visible_hw.any(axis=1)), np.flatnonzero(visible_hw.any(axis=0))
    x, y = int(columns[0]), int(rows[0])
    whole = bool(visible_hw.sum() == thing.mask_hw.sum())
    return {
        "category_id": thing.kind + 1,
        "bbox": [x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1],
        "area": int(visible_hw.sum()),
        "iscrowd": 0,
        "segmentation": [thing.polygon] if whole else _uncompressed_rle(visible_hw),
    }


def _uncompressed_rle(mask_hw: NDArray[np.bool_]) -> dict[str, Any]:
    """Count runs of the mask's columns, zeros first."""
    flat = np.concatenate([[False], mask_hw.ravel(order="F")])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], edges, [mask_hw.size]]))
    return {"size": list(mask_hw.shape), "counts": counts.tolist()}


def _background(size: int, rng: Generator) -> Picture:
    """Paint soft patches of colour, grain, and a few lines that belong to nothing."""
    picture = _uniform(rng, 0.15, 0.85, 3) + np.zeros((size, size, 3))
    for cells in (3, 9, 27):
        picture += _soft_noise(size, cells, rng)[..., None] * _uniform(rng, 0.05, 0.2) * _uniform(rng, 0.4, 1.0, 3)
    rows, columns = np.mgrid[0:size, 0:size]
    for _ in range(int(rng.integers(0, 5))):
        angle, offset, width = _uniform(rng, 0.0, math.pi), _uniform(rng, 0.0, size), _uniform(rng, 0.6, 2.0)
        distance = np.abs((columns - offset) * cosine(angle) + (rows - _uniform(rng, 0.0, size)) * sine(angle))
        picture[distance < width] = _uniform(rng, 0.1, 0.9, 3)
    return picture


def _paint(picture: Picture, thing: _Placed, rng: Generator) -> None:
    """Fill an object with a colour of its own that stands off from what is under it, shaded and striped or mottled."""
    size = picture.shape[0]
    under = [math.fsum(channel) / channel.size for channel in picture[thing.mask_hw].T]
    colour = _uniform(rng, 0.05, 0.95, 3)
    while math.fsum(np.abs(colour - under)) < 0.45:
        colour = _uniform(rng, 0.05, 0.95, 3)
    rows, columns = np.mgrid[0:size, 0:size] / size
    angle = _uniform(rng, 0.0, 2.0 * math.pi)
    across = rows * sine(angle) + columns * cosine(angle)
    texture = sine(across * _uniform(rng, 40.0, 160.0)) if rng.random() < 0.4 else 2.0 * _soft_noise(size, 24, rng)
    shade = across * _uniform(rng, -0.3, 0.3) + texture * _uniform(rng, 0.0, 0.1)
    picture[thing.mask_hw] = (colour + shade[..., None])[thing.mask_hw]


def _soft_noise(size: int, cells: int, rng: Generator) -> Picture:
    """Interpolate a grid of random values to size x size; between -1 and 1."""
    grid = _uniform(rng, -1.0, 1.0, (cells + 1, cells + 1))
    at = np.linspace(0.0, cells, size, endpoint=False)
    low, share = at.astype(int), at - at.astype(int)
    rows = grid[low] * (1.0 - share)[:, None] + grid[low + 1] * share[:, None]
    result: Picture = rows[:, low] * (1.0 - share) + rows[:, low + 1] * share
    return result


def _uniform(rng: Generator, low: float, high: float, shape: int | tuple[int, ...] | None = None) -> Any:
    """Draw evenly between two bounds; the generator's own `uniform` may round once where this rounds twice."""
    return low + (high - low) * rng.random(shape)
