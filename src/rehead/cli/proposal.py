"""From a dataset to the settings that fit it: read without pixels, measured, advised on value by value."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehead.cli.advice import Advice, Adviser, Survey
from rehead.cli.division import advise_group, advise_test, advise_val
from rehead.cli.learning import advise_batch_size, advise_epochs, advise_freeze
from rehead.cli.memory import Memory
from rehead.cli.network import advise_arch, advise_weights
from rehead.cli.plans import Plans
from rehead.cli.scale import advise_anchors, advise_detections, advise_input_size, advise_tile
from rehead.coco.faults import FaultLog
from rehead.coco.image_pool import ImagePool
from rehead.coco.measurements import measure
from rehead.coco.plan import DataPlan
from rehead.coco.reading import read_source
from rehead.coco.records import Dataset
from rehead.coco.sources import WHOLE, Source, opened_source

ADVISERS: tuple[Adviser, ...] = (
    advise_tile,
    advise_val,
    advise_test,
    advise_group,
    advise_arch,
    advise_weights,
    advise_input_size,
    advise_detections,
    advise_anchors,
    advise_freeze,
    advise_batch_size,
    advise_epochs,
)
"""In the order of params.yaml, which is that of what follows from what."""
_EXPECTED = {"images-unseen", "images-crowded"}
"""What reading without pixels brings with it, and what model.max_detections is set for."""
_SIZE_MISSING = {"size-invalid"}
_TOLD_KINDS = 6

Choice = Callable[[Advice, Plans], Any]
"""Settles on a value for an advice, which its plans then accept."""


@dataclass(frozen=True)
class Reading:
    """What a source holds, the faults that do not reject it (by kind), and an image folder outside of its path."""

    splits: Mapping[str, Dataset]
    faults: Mapping[str, int]
    beside: Path | None


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
        raise ValueError(_rejection(path, log))
    splits = {"train" if name == WHOLE else name: data for name, data in splits.items()}
    faults = {code: count for code, count in log.totals().items() if code not in _EXPECTED}
    return Reading(splits, faults, next((part.images for part in parts if part.file == path and path.is_file()), None))


def survey_of(splits: Mapping[str, Dataset], memory: Memory) -> Survey:
    """Measure all splits but a test split that is given."""
    given = {name: len(data.images) for name, data in splits.items()}
    return Survey(measured=measure(d for name, d in splits.items() if name != "test"), given=given, memory=memory)


def decide(survey: Survey, plans: Plans, choose: Choice, advisers: Iterable[Adviser] = ADVISERS) -> Iterator[Advice]:
    """Ask each adviser in turn, and yield what is chosen; each knows the choices before it."""
    for adviser in advisers:
        advice = adviser(survey, plans)
        value = choose(advice, plans)
        plans = plans.with_value(advice.section, advice.key, value)
        yield advice if value == advice.value else Advice(advice.section, advice.key, value, "chosen by hand")


def counted(faults: Mapping[str, int]) -> str:
    """Write counts of faults in one line, most first."""
    ordered = sorted(faults.items(), key=lambda fault: -fault[1])
    told = [f"{count} {code}" for code, count in ordered[:_TOLD_KINDS]]
    rest = sum(count for _, count in ordered[_TOLD_KINDS:])
    return ", ".join([*told, *([f"{rest} of other kinds"] if rest else [])])


def _read(source: Source, plan: DataPlan) -> tuple[FaultLog, dict[str, Dataset]]:
    log = FaultLog(plan.policy)
    with ImagePool(max_pixels=plan.max_pixels) as pool:
        return log, read_source(source, log, pool)


def _rejection(path: Path, log: FaultLog) -> str:
    """Count the faults that reject a dataset, and tell the first one whole."""
    rejecting = {code: count for code, count in log.totals().items() if log.actions[code] == "reject"}
    first = next(fault for fault in log.faults if fault.action == "reject")
    where = f"{first.file} {first.where}".strip()
    return (
        f"{path} is rejected by {sum(rejecting.values())} fault(s): {counted(rejecting)}. The first is at {where}: "
        f"{first.message}. Cure: {first.fix}. `rehead check {path}` lists all; nothing was written"
    )
