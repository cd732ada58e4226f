"""How evenly a seed deals images out to splits: places from hashes, counts by split, and the best of many seeds.

Shapes: U keys (an image's pixels, or its group) that are dealt whole, E entries (one key with one class), S splits,
C classes.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rehead.coco.records import Dataset
from rehead.progress import followed

SEEDS = 300
"""Seeds that are tried, from 0."""
_COUNTED = 5.0
"""Images of a class that a split should get before too few or too many of its objects are worth a word."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stock:
    """What is to be dealt: hashes of keys, the place of each image's key, and what images and objects hang on it."""

    classes: tuple[str, ...]
    keys_u: NDArray[np.uint64]
    key_n: Ints
    key_e: Ints
    class_e: Ints
    objects_e: Ints
    images_e: Ints

    @property
    def labelled(self) -> int:
        """Number of keys with objects."""
        return len(np.unique(self.key_e))


@dataclass(frozen=True)
class Tally:
    """What each split got: objects and images of each class, and images in all."""

    objects_sc: Ints
    images_sc: Ints
    images_s: Ints

    @property
    def empty_s(self) -> NDArray[np.bool_]:
        """Splits without any object."""
        return np.asarray(self.objects_sc.sum(1) == 0)


def stock_of(data: Dataset, keys: Sequence[str]) -> Stock:
    """Count what hangs on each key; `keys` holds one an image. Crowd regions are no objects."""
    names = sorted(set(keys))
    at = {name: place for place, name in enumerate(names)}
    key_n = np.array([at[key] for key in keys], np.int64)
    key_of = {image.id: at[key] for image, key in zip(data.images, keys, strict=True)}
    label = {category.id: place for place, category in enumerate(data.categories)}
    held = Counter((a.image_id, a.category_id) for a in data.annotations if not a.iscrowd)
    objects, images = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for (image_id, category_id), count in held.items():
        entry = key_of[image_id], label[category_id]
        objects[entry] += count
        images[entry] += 1
    key_e, class_e = np.array(list(objects), np.int64).reshape(-1, 2).T
    return Stock(
        classes=tuple(category.name for category in data.categories),
        keys_u=np.array([_number(name) for name in names], np.uint64),
        key_n=key_n,
        key_e=key_e,
        class_e=class_e,
        objects_e=np.array(list(objects.values()), np.int64),
        images_e=np.array([images[entry] for entry in objects], np.int64),
    )


def dealt(stock: Stock, shares: Mapping[str, float], seed: int) -> Ints:
    """Give the split of each key, by its place among `shares`: a number in 0..1 from seed and key alone decides.

    The number is the first 53 bits of the key's hash, mixed with the seed's as SplitMix64 does (Steele, Lea and Flood,
    OOPSLA 2014), which takes a nanosecond where another SHA-256 would take a thousand.
    """
    mixed = stock.keys_u ^ np.uint64(_number(f"seed {seed}"))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    places_u = ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53
    return np.searchsorted(np.cumsum(list(shares.values()))[:-1], places_u, side="right")


def tally(stock: Stock, split_u: Ints, splits: int) -> Tally:
    """Count what each split got."""
    classes = len(stock.classes)
    at_e = split_u[stock.key_e] * classes + stock.class_e
    objects, images = (
        np.bincount(at_e, weights=weights, minlength=splits * classes).reshape(splits, classes).astype(np.int64)
        for weights in (stock.objects_e, stock.images_e)
    )
    return Tally(objects, images, np.bincount(split_u[stock.key_n], minlength=splits))


def best_seed(stock: Stock, shares: Mapping[str, float]) -> int | None:
    """Find the seed that deals most evenly; None if under each a split stays without objects."""
    seeds = followed(range(SEEDS), total=SEEDS, what="seeds tried")
    costs = [cost(stock, tally(stock, dealt(stock, shares, seed), len(shares)), shares) for seed in seeds]
    seed = int(np.argmin(costs))
    return seed if np.isfinite(costs[seed]) else None


def cost(stock: Stock, found: Tally, shares: Mapping[str, float]) -> float:
    """Measure how far from the wanted shares the splits are: of all images, of each class's objects and images.

    A class that is missing from a split, though enough keys have it, counts most; a split without objects is infinite.
    """
    if found.empty_s.any():
        return float("inf")
    wanted_s = np.array(list(shares.values()))
    used_c = found.images_sc.sum(0) > 0
    parts = [_deviation(counts[:, used_c], wanted_s).mean() for counts in (found.objects_sc, found.images_sc)]
    missing = (_missing(stock, found).sum() / used_c.sum()) if used_c.any() else 0.0
    return float(_deviation(found.images_s[:, None], wanted_s).mean() + sum(parts) + missing)


def uneven(stock: Stock, found: Tally, shares: Mapping[str, float]) -> NDArray[np.bool_]:
    """Tell the classes that a split lacks though enough keys have it, or has below half or above twice its share of."""
    wanted_s = np.array(list(shares.values()))[:, None]
    objects_sc, total_c = found.objects_sc, found.objects_sc.sum(0)
    far_sc = (objects_sc < wanted_s * total_c / 2) | (objects_sc > wanted_s * total_c * 2)
    counted_sc = wanted_s * found.images_sc.sum(0) >= _COUNTED
    return _missing(stock, found) | (far_sc & counted_sc).any(0)


def _missing(stock: Stock, found: Tally) -> NDArray[np.bool_]:
    enough_c = np.bincount(stock.class_e, minlength=len(stock.classes)) >= len(found.images_s)
    return np.asarray(enough_c & (found.images_sc == 0).any(0))


def _deviation(counts_sc: Ints, wanted_s: Floats) -> Floats:
    shares_sc = counts_sc / counts_sc.sum(0)
    return np.asarray(((shares_sc - wanted_s[:, None]) ** 2 / wanted_s[:, None]).sum(0))


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
