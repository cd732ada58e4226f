"""The plain table of an ablation."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

from rehead.cli.ablation.runs import Run
from rehead.evaluation.coco_map import coco_map

_COLUMNS = ("mask AP", "AP50", "AP75", "box AP", "seconds", "cpu s", "MiB")


def table_of(runs: Sequence[Run], truth: dict[str, Any], *, max_detections: int) -> str:
    """Lay out each run and each value's mean."""
    rows = [(run, _numbers(run, truth, max_detections)) for run in runs]
    lines = [f"{'':20}" + "".join(f"{name:>9}" for name in _COLUMNS)]
    for value in dict.fromkeys(run.value for run in runs):
        own = [(run.seed, numbers) for run, numbers in rows if run.value == value]
        lines += [_line(f"{value} seed {seed}", numbers) for seed, numbers in own]
        lines.append(_line(f"{value} mean", [mean(column) for column in zip(*(n for _, n in own), strict=True)]))
    return "\n".join(lines)


def _numbers(run: Run, truth: dict[str, Any], limit: int) -> list[float]:
    scores = coco_map(truth, run.results, max_detections=limit)
    found = [scores.mask["AP"], scores.mask["AP50"], scores.mask["AP75"], scores.box["AP"]]
    return [value or 0.0 for value in found] + [run.seconds, run.processor_seconds, run.peak_memory_mib]


def _line(name: str, numbers: Sequence[float]) -> str:
    return f"{name:20}" + "".join(f"{n:9.3f}" for n in numbers[:4]) + "".join(f"{n:9.0f}" for n in numbers[4:])
