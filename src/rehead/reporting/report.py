"""One HTML page that says how good the model is and shows why: no script, nothing loaded, readable offline."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rehead.files import write_atomically
from rehead.reporting.figures import plot_training, read_history, render_svg
from rehead.reporting.gallery import Overlay
from rehead.reporting.rows import Facts, class_rows, fault_rows, flat_rows, metric_rows, split_rows, weakest_first
from rehead.reporting.wording import number, plain, short_hash

TEMPLATES = Path(__file__).parent / "templates"

_TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".webp": "image/webp", ".jpg": "image/jpeg"}
_GROUPS = {
    "worst": ("Worst first", "Most is to be learnt here: missing objects, doubled or invented ones, wrong classes."),
    "best": ("Best", "What the model does well, for comparison."),
}
_TABLES_APART = ("comparisons", "hostile", "faults", "roi_pool_shift_by_stride")


@dataclass(frozen=True)
class Curves:
    """The training curves as data URIs, in two columns and in one."""

    wide: str
    narrow: str


def write_report(
    path: Path,
    *,
    evaluation: Facts,
    training: Facts | None = None,
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
    Raises KeyError if `evaluation` has no `box`, `mask` or `dataset`.
    """
    page = _environment().get_template("report.html.j2")
    context = {
        "evaluation": {"box": evaluation["box"], "mask": evaluation["mask"], "dataset": evaluation["dataset"]},
        "intervals": evaluation.get("intervals") or {},
        "max_detections": evaluation.get("max_detections", 100),
        "crowded": len(evaluation.get("images_above_max_detections") or []),
        "metrics": metric_rows(evaluation),
        "shared": ((params or {}).get("data") or {}).get("test") == "val",
        "classes": weakest_first(class_rows(evaluation)),
        "key": class_rows(evaluation),
        "groups": [(*_GROUPS[name], [one for one in overlays if one.group == name]) for name in _GROUPS],
        "curves": _curves(history) if history else None,
        "training": flat_rows(training or {}, without=("plan",)),
        "roi_align": roi_align or {},
        "roi_align_rows": flat_rows(roi_align or {}, without=_TABLES_APART),
        "ingest": ingest or {},
        "splits": split_rows(ingest or {}),
        "faults": fault_rows(ingest or {}),
        "tuning": flat_rows(tuning or {}, without=("history",)) if (tuning or {}).get("trials") else [],
        "params": {name: flat_rows(section or {}) for name, section in (params or {}).items()},
        "lineage": _lineage(evaluation, training or {}, lineage or {}),
        "figures": {name: embed_file(file) for name, file in (figures or {}).items()},
        "model": ((params or {}).get("register") or {}).get("name", "rehead"),
        "arch": ((params or {}).get("model") or {}).get("arch", "Mask R-CNN"),
        "css": (TEMPLATES / "report.css").read_text(encoding="utf-8"),
    }
    write_atomically(path, page.render(context))


def embed(data: bytes, media_type: str) -> str:
    """Return bytes as a data URI."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def embed_file(path: Path) -> str:
    """Return a picture file as a data URI; raises ValueError for anything but PNG, SVG, WebP or JPEG."""
    if path.suffix.lower() not in _TYPES:
        raise ValueError(f"figure {path}: {path.suffix!r} cannot be embedded; write it as one of {', '.join(_TYPES)}")
    return embed(path.read_bytes(), _TYPES[path.suffix.lower()])


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {"number": number, "plain": plain, "short_hash": short_hash, "webp": _webp_uri}
    environment.filters |= filters
    return environment


def _webp_uri(data: bytes) -> str:
    return embed(data, "image/webp")


def _curves(history: Path) -> Curves | None:
    rows = read_history(history)
    if not rows:
        return None
    wide, narrow = (embed(render_svg(plot_training(rows, columns=n)), "image/svg+xml") for n in (2, 1))
    return Curves(wide, narrow)


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
