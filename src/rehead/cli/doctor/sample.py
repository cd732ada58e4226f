"""A small canonical dataset out of a source of any size: some images, the fullest and the largest among them."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rehead.cli.plans import Plans
from rehead.cli.reading import rejection_of
from rehead.coco.canonical import write_dataset
from rehead.coco.faults import FaultLog
from rehead.coco.formats.known import FORMATS
from rehead.coco.image_pool import ImagePool
from rehead.coco.ingestion import ingest
from rehead.coco.merging import with_one_table
from rehead.coco.part_faults import PartFaults
from rehead.coco.parts import WHOLE, Part, Source
from rehead.coco.plan import DataPlan
from rehead.coco.reading import read_source
from rehead.coco.records import Dataset, chosen
from rehead.coco.sources import opened_source
from rehead.coco.tiling import cut_dataset

_IMAGES, _VAL_IMAGES = 24, 8
_PIXELS = 100e6
"""Pixels of all images of a sample: some seconds of decoding."""
_LARGEST_SIDE = 1e5


@dataclass(frozen=True)
class Counts:
    """Images of training and validation once all is ingested, and the most objects that an image has."""

    images: int
    val_images: int
    fullest: int


def drawn_sample(plan: DataPlan, folder: Path) -> Counts:
    """Draw some images of the plan's drawn dataset."""
    own = plan.shapes
    few = own.model_copy(
        update={"train": min(own.train, _IMAGES), "val": min(own.val, _VAL_IMAGES), "test": min(own.test, 1)}
    )
    ingest(plan.model_copy(update={"shapes": few}), folder)
    return Counts(own.train, own.val, 0)


def source_sample(path: Path, plans: Plans, scratch: Path) -> Counts:
    """Write a sample of a source as the canonical dataset scratch/dataset.

    All annotations are parsed, those of the sample are checked. Raises SourceError, or ValueError with the first fault
    that rejects the sample.
    """
    plan, log = plans.data, FaultLog(plans.data.policy)
    with opened_source(path) as source, ImagePool(max_pixels=plan.max_pixels) as pool:
        given: dict[str, Dataset] = {}
        listed: dict[str, list[int]] = {}
        for name in [name for name in source.with_images().splits if name != "test"]:
            images = _VAL_IMAGES if name == "val" else _IMAGES
            parts = [_sampled_part(part, source, log, pool, scratch, images=images) for part in source.splits[name]]
            listed["train" if name == WHOLE else name] = [count for part in parts for count in part.objects]
            few = Source({name: tuple(part.part for part in parts)}, shown=source.shown)
            given |= {"train" if name == WHOLE else name: data for data in read_source(few, log, pool).values()}
        open_classes = any(FORMATS[part.format].open_classes for parts in source.splits.values() for part in parts)
        if log.rejected or not given.get("train", Dataset((), (), ())).images:
            raise ValueError(rejection_of(path, log))
        written = with_one_table(given) if open_classes else given
        return _write(written, listed, plans, scratch, cuts_test="test" not in source.splits and plan.test != "val")


@dataclass(frozen=True)
class _SampledPart:
    part: Part
    objects: tuple[int, ...]
    """Annotations of each image in the whole part."""


def _sampled_part(
    part: Part, source: Source, log: FaultLog, pool: ImagePool, scratch: Path, *, images: int
) -> _SampledPart:
    """Write a COCO file of a sample of a part, with the folder of its images."""
    faults = PartFaults(log, source.told(str(part.file)), source.told)
    document = FORMATS[part.format].read(part, faults, pool)
    few, objects = sampled({} if document is None else document.value, images=images)
    file = scratch / f"part-{len(list(scratch.glob('part-*')))}.json"
    file.write_text(json.dumps(few), encoding="utf-8")
    return _SampledPart(Part(file, part.images), objects)


def sampled(document: Any, *, images: int = _IMAGES, pixels: float = _PIXELS) -> tuple[Any, tuple[int, ...]]:
    """Choose images of a COCO document, whatever is wrong with it; also returns the objects of each of its images.

    The fullest and the largest image come first, then others in an order of chance, those with objects before those
    without, until there are enough images or pixels.
    """
    if type(document) is not dict or any(type(document.get(name)) is not list for name in ("images", "annotations")):
        return document, ()
    found = Counter(_id(entry, "image_id") for entry in document["annotations"])
    counts = [found[_id(entry, "id")] for entry in document["images"]]
    sizes = [_pixels(entry) for entry in document["images"]]
    kept: set[int] = set()
    for place in _order(counts, sizes):
        if len(kept) < images and (not kept or sum(sizes[one] for one in kept) + sizes[place] <= pixels):
            kept.add(place)
    ids = {_id(document["images"][place], "id") for place in kept} - {None}
    few = {
        "images": [document["images"][place] for place in sorted(kept)],
        "annotations": [entry for entry in document["annotations"] if _id(entry, "image_id") in ids],
    }
    return {**document, **few}, tuple(counts)


def _order(counts: Sequence[int], sizes: Sequence[float]) -> list[int]:
    if not counts:
        return []
    shuffled = np.random.default_rng(0).permutation(len(counts)).tolist()
    first = [int(np.argmax(counts)), int(np.argmax(sizes))]
    return list(dict.fromkeys([*first, *sorted(shuffled, key=lambda place: counts[place] == 0)]))


def _id(entry: Any, key: str) -> int | str | None:
    value = entry.get(key) if type(entry) is dict else None
    return value if type(value) in (int, str) else None


def _pixels(entry: Any) -> float:
    sides = [entry.get(key) if type(entry) is dict else None for key in ("width", "height")]
    known = [float(side) for side in sides if isinstance(side, int | float) and 0 < side < _LARGEST_SIDE]
    return known[0] * known[1] if len(known) == len(sides) else 0.0


def _write(
    given: dict[str, Dataset], listed: dict[str, list[int]], plans: Plans, scratch: Path, *, cuts_test: bool
) -> Counts:
    """Write the sample; where the source has no validation images, some of it stands for them."""
    plan, splits, whole = plans.data, dict(given), len(listed["train"])
    if "val" not in splits:
        every = max(2, len(splits["train"].images) // _VAL_IMAGES)
        splits["val"] = chosen(splits["train"], splits["train"].images[::every])
        listed = {**listed, "val": [0] * max(1, round(whole * plan.val))}
        whole -= len(listed["val"])
    if cuts_test:
        whole -= round(len(listed["train"]) * float(plan.test))
    images = float(max(whole, 1))
    tiling = None
    if plan.tile is not None:
        (scratch / "tiles").mkdir()
        tiling = cut_dataset(splits["train"], plan.tile, scratch / "tiles", seed=plan.seed)
        images *= len(tiling.data.images) / len(splits["train"].images)
    write_dataset(scratch / "dataset", splits, source=plan.source, tiling=tiling)
    return Counts(round(images), len(listed["val"]), max((n for part in listed.values() for n in part), default=0))
