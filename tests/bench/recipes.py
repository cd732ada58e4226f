"""How the defaults of training were chosen: one value changed at a time, on three datasets, as a table.

`python -m tests.bench.recipes [SEEDS]` keeps every run in reports/bench/recipes.json and goes on there; mask AP is that
of the validation images after the last epoch, seconds are of all processors.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from rehead.coco.ingestion import ingest
from rehead.coco.plan import DataPlan, ShapesPlan
from rehead.files import read_json, write_json
from tests.bench.contenders import SHARED, canonical, run_ours
from tests.bench.excerpts import write_excerpt

REPORT = Path("reports/bench/recipes.json")
TRUNK = SHARED / "weights" / "mobilenet_v2_features.pth"
CHANGES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "lr 0.0005": {"lr": 0.0005},
    "lr 0.002": {"lr": 0.002},
    "sgd, lr 0.01": {"optimizer": "sgd", "lr": 0.01},
    "constant rate": {"schedule": "constant"},
    "step": {"schedule": "step"},
    "no warm-up": {"warmup": 0.0},
    "ema 0.98": {"ema": 0.98},
    "clip 1": {"clip": 1.0},
    "rois 32": {"rois": 32},
    "rois 128": {"rois": 128},
    "mask_rois 8": {"mask_rois": 8},
    "mask_rois null": {"mask_rois": None},
    "balanced_rois false": {"balanced_rois": False},
    "anchors 256": {"anchors": 256},
    "batch_size 4": {"batch_size": 4},
}
"""What differs from the defaults, two images a step and four epochs."""


def datasets(folder: Path) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Write the three and give name, canonical dataset and model of each."""
    shapes = folder / "shapes"
    ingest(DataPlan(shapes=ShapesPlan(train=48, val=30, test=1, size=160)), shapes)
    fruits = canonical(SHARED / "data" / "fruits_nuts", folder / "fruits")
    source = SHARED / "data" / "dsb2018_nuclei"
    cells = canonical(
        write_excerpt(source, folder / "coco", train=slice(30, None, 4), val=slice(10, None, 3)), folder / "cells"
    )
    for name, dataset, size, most in (
        ("shapes", shapes, 160, 100),
        ("fruits_nuts", fruits, 320, 100),
        ("dsb2018_nuclei", cells, 256, 300),
    ):
        yield name, dataset, {"weights": str(TRUNK), "input_size": size, "max_detections": most}


def study(seeds: int) -> dict[str, Any]:
    """Train what is not in the report yet, seed by seed, so that an early end leaves whole rows."""
    found = read_json(REPORT) if REPORT.is_file() else {}
    with TemporaryDirectory() as folder:
        chosen = list(datasets(Path(folder)))
        for seed in range(seeds):
            for change, values in CHANGES.items():
                for name, dataset, model in chosen:
                    runs = found.setdefault(name, {}).setdefault(change, [])
                    if len(runs) <= seed:
                        plan = {"batch_size": 2, "epochs": 4, **values, "seed": seed}
                        run = run_ours(dataset, model=model, train=plan, scored_from=plan["epochs"])
                        runs.append({"mask_ap": run["mask_ap"] or 0.0, "processor_s": run["processor_s"]})
                        write_json(REPORT, found)
    return found


def table(found: Mapping[str, Mapping[str, list[Mapping[str, float]]]]) -> str:
    """Lay out mask AP (processor seconds) of each change on each dataset."""
    rows = [f"| | {' | '.join(found)} |", "|---|" + "---|" * len(found)]
    for change in CHANGES:
        cells = [_cell(runs[change]) for runs in found.values() if change in runs]
        rows.append(f"| {change} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(runs: list[Mapping[str, float]]) -> str:
    return f"{mean(run['mask_ap'] for run in runs):.3f} ({mean(run['processor_s'] for run in runs):.0f} s)"


if __name__ == "__main__":
    print(table(study(int(sys.argv[1]) if len(sys.argv) > 1 else 2)))
