"""One HTML page that says how good the model is and shows why: no script, nothing loaded, readable offline."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehead.files import write_atomically
from rehead.reporting.figures import plot_training, read_history
from rehead.reporting.gallery import Overlay
from rehead.reporting.model_rows import module_rows, start_rows, thawed_in_vain
from rehead.reporting.page import Drawing, drawing, embed_file, render
from rehead.reporting.rows import (
    Facts,
    class_rows,
    fault_rows,
    flat_rows,
    metric_rows,
    seen_in_words,
    split_rows,
    weakest_first,
)

_GROUPS = {
    "worst": ("Worst first", "Most is to be learnt here: missing objects, doubled or invented ones, wrong classes."),
    "best": ("Best", "What the model does well, for comparison."),
}
_TABLES_APART = ("comparisons", "hostile", "faults", "roi_pool_shift_by_stride")


def write_report(
    path: Path,
    *,
    evaluation: Facts,
    training: Facts | None = None,
    heads: Facts | None = None,
    ingest: Facts | None = None,
    roi_align: Facts | None = None,
    tuning: Facts | None = None,
    params: Facts | None = None,
    lineage: Facts | None = None,
    overlays: Sequence[Overlay] = (),
    history: Path | None = None,
    figures: Mapping[str, Path] | None = None,
) -> None:
    """Write the report of an evaluation as one self-contained HTML file.

    The facts are the JSON reports of the stages; a part that is left out or empty is left out of the page. `history` is
    training.csv. `figures` are pictures by the section in which they stand (`data`, `roi_align`, `tuning`, `training`).
    An ingest.html beside the page is linked to. Raises KeyError if `evaluation` has no `box`, `mask` or `dataset`.
    """
    context = {
        "evaluation": {"box": evaluation["box"], "mask": evaluation["mask"], "dataset": evaluation["dataset"]},
        "intervals": evaluation.get("intervals") or {},
        "max_detections": evaluation.get("max_detections", 100),
        "tile": evaluation.get("tile"),
        "crowded": len(evaluation.get("images_above_max_detections") or []),
        "metrics": metric_rows(evaluation),
        "shared": ((params or {}).get("data") or {}).get("test") == "val",
        "classes": weakest_first(class_rows(evaluation)),
        "key": class_rows(evaluation),
        "groups": [(*_GROUPS[name], [one for one in overlays if one.group == name]) for name in _GROUPS],
        "curves": _curves(history) if history else None,
        "training": flat_rows(training or {}, without=("plan", "modules")),
        "modules": module_rows(training or {}),
        "thawed_in_vain": thawed_in_vain(training or {}),
        "heads": heads or {},
        "starts": start_rows(heads or {}),
        "roi_align": roi_align or {},
        "roi_align_rows": flat_rows(roi_align or {}, without=_TABLES_APART),
        "ingest": ingest or {},
        "splits": split_rows(ingest or {}),
        "faults": fault_rows(ingest or {}),
        "seen": seen_in_words(ingest or {}, params or {}),
        "data_page": path.with_name("ingest.html").is_file(),
        "tuning": flat_rows(tuning or {}, without=("history",)) if (tuning or {}).get("trials") else [],
        "params": {name: flat_rows(section or {}) for name, section in (params or {}).items()},
        "lineage": _lineage(evaluation, training or {}, lineage or {}),
        "figures": {name: embed_file(file) for name, file in (figures or {}).items()},
        "model": ((params or {}).get("register") or {}).get("name", "rehead"),
        "arch": ((params or {}).get("model") or {}).get("arch", "Mask R-CNN"),
    }
    write_atomically(path, render("report.html.j2", context))


def _curves(history: Path) -> Drawing | None:
    rows = read_history(history)
    return drawing(plot_training(rows), plot_training(rows, columns=1)) if rows else None


def _lineage(evaluation: Facts, training: Facts, lineage: Facts) -> list[tuple[str, Any]]:
    """Say which data, weights, code and run the numbers came from; what is unknown is left out."""
    known = {
        "scored dataset": evaluation["dataset"].get("fingerprint"),
        "scored weights, sha256": evaluation.get("weights_sha256"),
        "trained from weights, sha256": training.get("start_sha256"),
        "training run in MLflow": training.get("run_id"),
        "evaluator": evaluation.get("evaluator"),
    }
    return [(name, value) for name, value in known.items() if value] + flat_rows(lineage)
