"""An evaluation in a page of GitHub's Markdown, as a comment on a pull request shows it."""

from pathlib import Path

from rehead.files import write_atomically
from rehead.reporting.analysis_rows import error_rows
from rehead.reporting.markdown import render_markdown
from rehead.reporting.rows import HEADS, Facts, class_rows, weakest_first

_MOST_CLASSES = 20
_SIZES = {"AP50": "AP50", "AP75": "AP75", "APs": "small", "APm": "medium", "APl": "large"}


def write_summary(
    path: Path,
    *,
    evaluation: Facts,
    analysis: Facts | None = None,
    lineage: Facts | None = None,
    name: str = "rehead",
) -> None:
    """Write reports/summary.md: headline numbers with intervals, advice, classes, kinds of error, and lineage.

    `evaluation` and `analysis` are reports of the evaluate stage, `lineage` tags of the code and data; what is unknown
    is left out. Beyond 20 classes the weakest 20 are told. Raises KeyError if `evaluation` has no `dataset`.
    """
    classes = weakest_first(class_rows(evaluation))
    data = evaluation["dataset"]
    known = {
        "data": f"{data.get('same_as') or data.get('split', 'test')} split, {data.get('fingerprint', '–')}",
        "weights, sha256": evaluation.get("weights_sha256"),
        "evaluator": evaluation.get("evaluator"),
        **(lineage or {}),
    }
    context = {
        "name": name,
        "data": data,
        "heads": {head: evaluation[head] for head in HEADS if evaluation.get(head)},
        "intervals": evaluation.get("intervals") or {},
        "sizes": _SIZES,
        "bottleneck": (analysis or {}).get("bottleneck") or {},
        "classes": classes[:_MOST_CLASSES],
        "left_out": max(0, len(classes) - _MOST_CLASSES),
        "thresholds": (evaluation.get("thresholds") or {}).get("classes") or {},
        "errors": error_rows(analysis or {}),
        "lineage": {key: value for key, value in known.items() if value},
    }
    write_atomically(path, render_markdown("summary.md.j2", context))
