"""One HTML page that says how good the model is, shows why, and what to do next: nothing loaded, readable offline."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from rehead.files import write_atomically
from rehead.reporting.analysis_rows import analysis_context
from rehead.reporting.charts import draw_charts
from rehead.reporting.figures import plot_training, read_history
from rehead.reporting.image_browser import SCRIPTS, ImageBrowser
from rehead.reporting.model_rows import module_rows, start_rows, thawed_in_vain
from rehead.reporting.page import Drawing, beside, drawing, embed_file, render
from rehead.reporting.rows import (
    HEADS,
    Facts,
    class_rows,
    fault_rows,
    flat_rows,
    metric_rows,
    seen_in_words,
    split_rows,
    weakest_first,
)
from rehead.reporting.vega import draw_svgs, vega_script
from rehead.reporting.wording import thresholds_in_words

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
    history: Path | None = None,
    figures: Mapping[str, Path] | None = None,
    analysis: Facts | None = None,
    browser: ImageBrowser | None = None,
) -> None:
    """Write the report of an evaluation as one self-contained HTML file.

    The facts are the JSON reports of the stages; a part that is left out or empty is left out of the page. `history` is
    training.csv. `figures` are pictures by the section in which they stand (`data`, `roi_align`, `tuning`, `training`).
    `analysis` is analysis.json, `browser` the pictures to look through. An ingest.html beside the page is linked to.
    Raises KeyError if `evaluation` has no `box`, `mask` or `dataset`.
    """
    training, heads, roi_align, ingest, params = (one or {} for one in (training, heads, roi_align, ingest, params))
    charts = _charts(analysis or {}, evaluation)
    context = {
        **_scores(evaluation, params),
        **analysis_context(analysis or {}, browser),
        **_training(training, heads, history),
        "charts": charts,
        "roi_align": roi_align,
        "roi_align_rows": flat_rows(roi_align, without=_TABLES_APART),
        "ingest": ingest,
        "splits": split_rows(ingest),
        "faults": fault_rows(ingest),
        "seen": seen_in_words(ingest, params),
        "data_page": path.with_name("ingest.html").is_file(),
        "tuning": flat_rows(tuning or {}, without=("history",)) if (tuning or {}).get("trials") else [],
        "params": {name: flat_rows(section or {}) for name, section in params.items()},
        "lineage": _lineage(evaluation, training, lineage or {}),
        "figures": {name: embed_file(file) for name, file in (figures or {}).items()},
    }
    styles = ["report.css", "analysis.css", *(["image_browser.css"] if browser else [])]
    scripts = [vega_script()] if charts else []
    scripts += [beside("report.js")] if analysis else []
    scripts += [beside(name) for name in SCRIPTS] if browser else []
    write_atomically(path, render("report.html.j2", context, styles=styles, scripts=scripts))


def _scores(evaluation: Facts, params: Facts) -> dict[str, Any]:
    rows = class_rows(evaluation)
    return {
        "evaluation": {"box": evaluation["box"], "mask": evaluation["mask"], "dataset": evaluation["dataset"]},
        "heads_scored": {head: evaluation[head] for head in HEADS if evaluation.get(head)},
        "heads_by_class": [head for head in HEADS if any(getattr(row, head) is not None for row in rows)],
        "intervals": evaluation.get("intervals") or {},
        "undefined": evaluation.get("undefined") or {},
        "thresholds": evaluation.get("thresholds") or {},
        "thresholds_in_words": thresholds_in_words,
        "max_detections": evaluation.get("max_detections", 100),
        "tile": evaluation.get("tile"),
        "crowded": len(evaluation.get("images_above_max_detections") or []),
        "metrics": metric_rows(evaluation),
        "shared": evaluation["dataset"].get("same_as") == "val",
        "classes": weakest_first(rows),
        "key": rows,
        "model": (params.get("register") or {}).get("name", "rehead"),
        "arch": (params.get("model") or {}).get("arch", "Mask R-CNN"),
    }


def _charts(analysis: Facts, evaluation: Facts) -> dict[str, dict[str, Any]]:
    """Draw each chart twice: as what Vega makes of it in the browser, and still, for a browser that runs no script."""
    specs = draw_charts(analysis, [row.name for row in weakest_first(class_rows(evaluation))])
    return {name: {"spec": specs[name], "svg": Markup(svg)} for name, svg in draw_svgs(specs).items()}


def _training(training: Facts, heads: Facts, history: Path | None) -> dict[str, Any]:
    return {
        "curves": _curves(history) if history else None,
        "training": flat_rows(training, without=("plan", "modules")),
        "modules": module_rows(training),
        "thawed_in_vain": thawed_in_vain(training),
        "heads": heads,
        "starts": start_rows(heads),
    }


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
