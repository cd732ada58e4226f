"""Checking a dataset without writing anything: all its faults, and whether it can be used."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehead.coco.decoding import MAX_PIXELS
from rehead.coco.faults import Fault, FaultLog, printable
from rehead.coco.image_pool import ImagePool
from rehead.coco.kinds import Action
from rehead.coco.reading import read_source
from rehead.coco.records import Dataset
from rehead.coco.sources import SourceError, opened_source
from rehead.coco.statistics import describe_splits


@dataclass(frozen=True)
class CheckReport:
    """What was found: faults (the first twenty of a kind in a file), counts of all, and counts of what can be used.

    `content_hash` covers the bytes of all image files: a flipped byte that still decodes shows in it alone. `datasets`
    is what could be read, split by split.
    """

    target: str
    usable: bool
    faults: tuple[Fault, ...]
    fault_counts: dict[str, int]
    splits: dict[str, dict[str, int]]
    categories: tuple[str, ...]
    content_hash: str | None
    datasets: Mapping[str, Dataset] = field(default_factory=dict, compare=False, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Write the report for JSON."""
        return {
            "target": self.target,
            "usable": self.usable,
            "images": sum(split["images"] for split in self.splits.values()),
            "annotations": sum(split["annotations"] for split in self.splits.values()),
            "categories": list(self.categories),
            "splits": self.splits,
            "content_hash": self.content_hash,
            "faults": [vars(fault) for fault in self.faults],
            "fault_counts": self.fault_counts,
        }

    def described(self) -> dict[str, Any]:
        """Write the report for JSON together with statistics of what could be read."""
        return {**self.as_dict(), "statistics": describe_splits(self.datasets)}


def check_dataset(
    target: Path,
    *,
    images: Path | None = None,
    val: Path | None = None,
    policy: Mapping[str, Action] | None = None,
    max_pixels: int = MAX_PIXELS,
) -> CheckReport:
    """Check a dataset in any layout that is known, with `val` as its validation split if given.

    Image files are looked at below `images`, else where the layout has them. Never raises on bad data.
    """
    log = FaultLog(policy or {})
    splits: dict[str, Dataset] = {}
    try:
        with opened_source(target, images=images, val=val) as source, ImagePool(max_pixels=max_pixels) as pool:
            splits = read_source(source, log, pool)
    except SourceError as error:
        for code, where, text in error.faults:
            log.add(code, target, where, text)
    return report_on(target, splits, log)


def report_on(target: Path | str, splits: Mapping[str, Dataset], log: FaultLog) -> CheckReport:
    """Sum up what was read and what is wrong with it."""
    counts = {name: {"images": len(d.images), "annotations": len(d.annotations)} for name, d in splits.items()}
    names = tuple(category.name for category in next(iter(splits.values())).categories) if splits else ()
    return CheckReport(
        target=printable(str(target)),
        usable=not log.rejected,
        faults=tuple(log.faults),
        fault_counts=log.totals(),
        splits=counts,
        categories=names,
        content_hash=_content_hash(splits),
        datasets=splits,
    )


def _content_hash(splits: Mapping[str, Dataset]) -> str | None:
    """Hash the hashes of all image files; None where none was read."""
    images = [image for data in splits.values() for image in data.images]
    lines = sorted({f"{i.facts.sha256} {i.file_name!a}\n" for i in images if i.facts is not None})
    return hashlib.sha256("".join(lines).encode()).hexdigest() if lines else None
