"""Datasets of two trees: a folder of images, and beside it one of labels that mirrors it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rehead.coco.formats.split_names import split_folders, split_of, subfolders
from rehead.coco.parts import WHOLE

IMAGES = ("images", "image", "imgs", "img")


@dataclass(frozen=True)
class Pair:
    """Two folders that mirror each other, and the split that they are, or `all`."""

    split: str
    images: Path
    labels: Path


def pairs_in(folder: Path, names: tuple[str, ...]) -> list[Pair]:
    """Find images beside labels called one of `names`: for each split images/train, train/images, or for all.

    The folders of splits win over a pair that holds them.
    """
    splits = list(_mirrored(folder, names))
    for inner, split in split_folders(folder).items():
        splits += [Pair(split, pair.images, pair.labels) for pair in _beside(inner, names)]
    return splits or [Pair(WHOLE, pair.images, pair.labels) for pair in _beside(folder, names)]


def _mirrored(folder: Path, names: tuple[str, ...]) -> Iterator[Pair]:
    """Find images/train with labels/train."""
    for pair in _beside(folder, names):
        for images, split in split_folders(pair.images).items():
            yield from (Pair(split, images, one) for one in subfolders(pair.labels) if split_of(one.name) == split)


def _beside(folder: Path, names: tuple[str, ...]) -> list[Pair]:
    inner = {entry.name.lower(): entry for entry in subfolders(folder)}
    images = next((inner[name] for name in IMAGES if name in inner), None)
    labels = next((inner[name] for name in names if name in inner), None)
    return [Pair("", images, labels)] if images is not None and labels is not None else []
