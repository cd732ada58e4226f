"""From a `data` section to the canonical dataset and its report: draw or find, read, split, write."""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rehead.coco.canonical import write_dataset
from rehead.coco.faults import FaultLog
from rehead.coco.plan import DataPlan
from rehead.coco.reading import read_dataset
from rehead.coco.shapes import draw_shapes
from rehead.coco.sources import find_source
from rehead.coco.splitting import Splitting, make_splits


class RejectedError(ValueError):
    """A dataset that cannot be used; `report` lists every fault."""

    def __init__(self, report: dict[str, Any]) -> None:
        super().__init__("the dataset is rejected")
        self.report = report


@dataclass(frozen=True)
class Ingested:
    """What was written: the manifest of the dataset, and the report on it."""

    manifest: dict[str, Any]
    report: dict[str, Any]


def ingest(plan: DataPlan, dataset: Path) -> Ingested:
    """Write the canonical dataset that a plan asks for over the folder `dataset`.

    Raises RejectedError with the report if a fault makes the source unusable; `dataset` then stays as it was.
    """
    if plan.source != "shapes":
        return _ingest(Path(plan.source), plan, dataset)
    dataset.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".shapes.", dir=dataset.parent) as drawn:
        seed = plan.seed if plan.shapes.seed is None else plan.shapes.seed
        draw_shapes(Path(drawn), plan.shapes, seed=seed)
        return _ingest(Path(drawn), plan, dataset)


def _ingest(folder: Path, plan: DataPlan, dataset: Path) -> Ingested:
    source, log = find_source(folder), FaultLog(plan.policy)
    given = {name: read_dataset(file, source.images, log) for name, file in source.files.items()}
    splitting = make_splits(given, plan)
    manifest = write_dataset(dataset, splitting.splits, source=plan.source)
    return Ingested(manifest, _report(plan, splitting, manifest, log))


def _report(plan: DataPlan, splitting: Splitting, manifest: dict[str, Any], log: FaultLog) -> dict[str, Any]:
    splits = {name: {**manifest["splits"][name], "how": splitting.how[name]} for name in splitting.splits}
    return {
        "source": plan.source,
        "images": sum(split["images"] for split in splits.values()),
        "annotations": sum(split["annotations"] for split in splits.values()),
        "categories": manifest["categories"],
        "splits": splits,
        **log.as_dict(),
    }
