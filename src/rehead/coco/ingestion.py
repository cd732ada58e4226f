"""From a `data` section to the canonical dataset and its report: draw or find, read, split, write."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rehead.coco.canonical import located, write_dataset
from rehead.coco.checking import CheckReport, report_on
from rehead.coco.faults import FaultLog
from rehead.coco.grouping import check_groups
from rehead.coco.image_pool import ImagePool
from rehead.coco.plan import DataPlan, GroupKey
from rehead.coco.reading import read_source
from rehead.coco.records import Dataset
from rehead.coco.shapes import draw_shapes
from rehead.coco.sources import opened_source
from rehead.coco.splitting import Splitting, checked_splits
from rehead.coco.statistics import describe_splits
from rehead.coco.tiling import Tiling, cut_dataset


class RejectedError(ValueError):
    """A dataset that cannot be used; `report` lists every fault."""

    def __init__(self, report: CheckReport) -> None:
        super().__init__(f"{report.target} is rejected: {sum(report.fault_counts.values())} fault(s)")
        self.report = report


@dataclass(frozen=True)
class Ingested:
    """What was written, and what was found: `report` is reports/ingest.json.

    `splits` holds whole images as they were read, `written` what training gets, its images in the canonical dataset.
    """

    manifest: dict[str, Any]
    found: CheckReport
    report: dict[str, Any]
    splits: dict[str, Dataset]
    written: dict[str, Dataset]


def ingest(plan: DataPlan, dataset: Path) -> Ingested:
    """Write the canonical dataset that a plan asks for over the folder `dataset`.

    Raises RejectedError if a fault makes the source unusable, and ValueError if it cannot be found or split; `dataset`
    then stays as it was.
    """
    if plan.source != "shapes":
        return _ingest(Path(plan.source), plan, dataset)
    dataset.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".shapes.", dir=dataset.parent) as drawn:
        seed = plan.seed if plan.shapes.seed is None else plan.shapes.seed
        draw_shapes(Path(drawn), plan.shapes, seed=seed)
        return _ingest(Path(drawn), plan, dataset)


def _ingest(folder: Path, plan: DataPlan, dataset: Path) -> Ingested:
    log = FaultLog(plan.policy)
    with opened_source(folder) as opened, ImagePool(max_pixels=plan.max_pixels) as pool:
        # Shapes are drawn into a folder that is gone by the time a fault is read.
        source = replace(opened, shown=((folder, Path(plan.source)), *opened.shown))
        given = read_source(source.with_images(), log, pool, keep=isinstance(plan.group, GroupKey))
        check_groups(given, plan.group, log.of(plan.source))
        if log.rejected:
            raise RejectedError(report_on(plan.source, given, log))
        splitting = checked_splits(given, plan, log)
        if log.rejected:
            raise RejectedError(report_on(plan.source, given, log))
        with _cut(splitting.splits["train"], plan, dataset) as tiling:
            manifest = write_dataset(dataset, splitting.splits, source=plan.source, tiling=tiling)
    found = report_on(plan.source, given, log)
    if tiling is not None:
        splitting.how["train"] += f"; {tiling.summary}"
    splits = splitting.splits
    written = located({**splits, "train": tiling.data} if tiling else splits, dataset)
    return Ingested(manifest, found, _report(splitting, plan, manifest, found), splits, written)


@contextmanager
def _cut(train: Dataset, plan: DataPlan, dataset: Path) -> Iterator[Tiling | None]:
    """Cut the training images if the plan asks for tiles, for the time of the block.

    The name of the folder lets the next writer of the dataset clear away what a killed process left.
    """
    if plan.tile is None:
        yield None
        return
    dataset.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{dataset.name}.{os.getpid()}."
    with tempfile.TemporaryDirectory(prefix=prefix, suffix=".tmp", dir=dataset.parent) as folder:
        yield cut_dataset(train, plan.tile, Path(folder), seed=plan.seed)


def _report(splitting: Splitting, plan: DataPlan, manifest: dict[str, Any], found: CheckReport) -> dict[str, Any]:
    splits = {name: {**split, "how": splitting.how[name]} for name, split in manifest["splits"].items()}
    statistics = describe_splits(splitting.splits, tile=plan.tile.size if plan.tile else None)
    return {**found.as_dict(), "categories": manifest["categories"], "splits": splits, "statistics": statistics}
