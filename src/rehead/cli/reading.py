"""Reading a dataset for `rehead init`: by its annotations alone where that is enough, or with its pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehead.coco.faults import FaultLog
from rehead.coco.grouping import group_of
from rehead.coco.image_pool import ImagePool
from rehead.coco.plan import DataPlan, GroupKey
from rehead.coco.reading import read_source
from rehead.coco.records import Dataset
from rehead.coco.sources import WHOLE, Source, opened_source
from rehead.coco.splitting import balanced_seed

_EXPECTED = {"images-unseen", "images-crowded"}
"""What reading without pixels brings with it, and what model.max_detections is set for."""
_SIZE_MISSING = {"size-invalid"}
_TOLD_KINDS = 6


@dataclass(frozen=True)
class Reading:
    """What a source holds, the faults that do not reject it (by kind), and an image folder outside of its path."""

    path: Path
    splits: Mapping[str, Dataset]
    faults: Mapping[str, int]
    beside: Path | None

    def balanced_seed(self, plan: DataPlan) -> int | None:
        """Choose the seed that splits most evenly; images are decoded unless their names tell their splits.

        None if they cannot all be read.
        """
        if all(group_of(image, plan.group) is not None for image in self.splits["train"].images):
            return balanced_seed(self.splits, plan)
        with opened_source(self.path) as source:
            log, splits = _read(source, plan)
        seen = all(image.facts is not None for image in splits["train"].images)
        return balanced_seed(splits, plan) if seen and not log.rejected else None


def read_unseen(path: Path, plan: DataPlan) -> Reading:
    """Read a source by its annotations alone; raises SourceError or a ValueError that counts what rejects it.

    Image files are looked at only where sizes stand nowhere else.
    """
    with opened_source(path) as source:
        log, splits = _read(source.unseen(), plan)
        if {code for code in log.totals() if log.actions[code] == "reject"} == _SIZE_MISSING:
            log, splits = _read(source, plan)
        parts = [part for parts in source.splits.values() for part in parts]
    if log.rejected:
        raise ValueError(rejection_of(path, log))
    faults = {code: count for code, count in log.totals().items() if code not in _EXPECTED}
    beside = next((part.images for part in parts if part.file == path and path.is_file()), None)
    return Reading(path, splits, faults, beside)


def counted(faults: Mapping[str, int]) -> str:
    """Write counts of faults in one line, most first."""
    ordered = sorted(faults.items(), key=lambda fault: -fault[1])
    told = [f"{count} {code}" for code, count in ordered[:_TOLD_KINDS]]
    rest = sum(count for _, count in ordered[_TOLD_KINDS:])
    return ", ".join([*told, *([f"{rest} of other kinds"] if rest else [])])


def _read(source: Source, plan: DataPlan) -> tuple[FaultLog, dict[str, Dataset]]:
    """Read the splits, a source without any as `train`."""
    log = FaultLog(plan.policy)
    with ImagePool(max_pixels=plan.max_pixels) as pool:
        splits = read_source(source, log, pool, keep=isinstance(plan.group, GroupKey))
    return log, {"train" if name == WHOLE else name: data for name, data in splits.items()}


def rejection_of(path: Path, log: FaultLog) -> str:
    """Count the faults that reject a dataset, and tell the first one whole."""
    rejecting = {code: count for code, count in log.totals().items() if log.actions[code] == "reject"}
    first = next(fault for fault in log.faults if fault.action == "reject")
    where = f"{first.file} {first.where}".strip()
    return (
        f"{path} is rejected by {sum(rejecting.values())} fault(s): {counted(rejecting)}. The first is at {where}: "
        f"{first.message}. Cure: {first.fix}. `rehead check {path}` lists all; nothing was written"
    )
