"""What MLflow's evaluator `coco` makes of a model's results: an evaluation's files, figures, pictures and summary."""

import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.models.evaluation.artifacts import (
    ImageEvaluationArtifact,
    JsonEvaluationArtifact,
    TextEvaluationArtifact,
)
from mlflow.models.evaluation.base import EvaluationArtifact
from PIL import Image

from rehead.evaluation.analysis.report import analyse
from rehead.evaluation.by_iou import by_iou
from rehead.evaluation.coco_map import evaluate_heads, full_table
from rehead.evaluation.plan import EvaluationPlan
from rehead.evaluation.report import evaluation_report
from rehead.evaluation.tables import CLASS_TABLE, TABLE_TAG, class_table
from rehead.evaluation.undefined import class_reasons
from rehead.files import write_json
from rehead.reporting.analysis_figures import write_analysis_figures
from rehead.reporting.browser_choice import choose_images
from rehead.reporting.figures import plot_class_precision, write_figure
from rehead.reporting.gallery import write_overlays
from rehead.reporting.summary import write_summary
from rehead.serving.images import UNLIMITED, RequestError, read_image

Truth = Mapping[str, Any]

_log = logging.getLogger(__name__)


def evaluated(
    truth: dict[str, Any],
    results: list[dict[str, Any]],
    plan: EvaluationPlan,
    *,
    max_detections: int,
    thresholds: Mapping[str, float],
) -> dict[str, Any]:
    """Score and explain checked results; returns the files in which it all is kept, by name.

    Raises ValueError for a threshold of a class that the truth does not know.
    """
    counts = {name: len(truth[name]) for name in ("images", "annotations")}
    evaluations = evaluate_heads(truth, results, max_detections=max_detections)
    scored = evaluation_report(truth, evaluations, plan, max_detections=max_detections, dataset=counts)
    analysis = analyse(truth, results, thresholds=thresholds, max_detections=max_detections)
    per_class = full_table(evaluations)
    explained = {
        "dataset": counts,
        "per_class": per_class,
        "undefined": class_reasons(truth, per_class, key="per_class"),
        **analysis,
        "by_iou": by_iou(evaluations),
    }
    return {
        "evaluation.json": scored,
        "analysis.json": explained,
        "predictions.json": results,
        CLASS_TABLE: class_table(scored),
    }


def logged(
    run_id: str, files: Mapping[str, Any], truth: Truth, cells: Iterable[object], *, overlays: int, data: str
) -> dict[str, EvaluationArtifact]:
    """Send the files to the run's folder `evaluation`, the figures to `figures`, and summary.md, as the pipeline does.

    `cells` are the pictures of the truth's images in their order, as a request may hold them; `overlays` of them are
    drawn. `data` names the data in the summary.
    """
    client = MlflowClient()
    root = client.get_run(run_id).info.artifact_uri
    sent: dict[str, EvaluationArtifact] = {}
    with tempfile.TemporaryDirectory() as name:
        folder, summary = Path(name), Path(name) / "summary.md"
        for file, content in files.items():
            write_json(folder / "evaluation" / file, content)
            uri = f"{root}/evaluation/{file}"
            sent[file.removesuffix(".json")] = JsonEvaluationArtifact(uri=uri, content=content)
        scored, analysis = files["evaluation.json"], files["analysis.json"]
        write_summary(summary, evaluation=scored, analysis=analysis, lineage={"data": data}, name="evaluation")
        text = summary.read_text(encoding="utf-8")
        sent["summary"] = TextEvaluationArtifact(uri=f"{root}/{summary.name}", content=text)
        for path in _drawn(folder / "figures", files, truth, cells, overlays=overlays):
            with Image.open(path) as stream:
                picture = stream.copy()
            sent[f"figure_{path.stem}"] = ImageEvaluationArtifact(uri=f"{root}/figures/{path.name}", content=picture)
        client.log_artifacts(run_id, folder)
    for key, value in TABLE_TAG.items():
        client.set_tag(run_id, key, value)
    return sent


def _drawn(
    folder: Path, files: Mapping[str, Any], truth: Truth, cells: Iterable[object], *, overlays: int
) -> Iterator[Path]:
    """Draw the analysis, the classes, and the pictures of which most is learnt; yields the files."""
    analysis = files["analysis.json"]
    yield from write_analysis_figures(analysis, folder)
    write_figure(folder / "classes.png", plot_class_precision(files["evaluation.json"]["per_class"]))
    yield folder / "classes.png"
    groups = choose_images(analysis, (image["id"] for image in truth["images"]), limit=overlays)
    with tempfile.TemporaryDirectory() as name:
        images = list(_unpacked(Path(name), truth, cells, set(groups.get("all", []))))
        shown = {**truth, "images": images}
        yield from write_overlays(
            folder, shown, files["predictions.json"], Path(name), analysis=analysis, limit=overlays
        )


def _unpacked(folder: Path, truth: Truth, cells: Iterable[object], chosen: set[int]) -> Iterator[dict[str, Any]]:
    """Write the chosen pictures as files; yields their images under the files' names.

    One that cannot be read, or is not of its truth's size, is told in the log and left out.
    """
    for row, (image, cell) in enumerate(zip(truth["images"], cells, strict=True)):
        if image["id"] not in chosen:
            continue
        try:
            pixels = read_image(cell, row=row, limits=UNLIMITED)
        except RequestError as fault:
            _log.warning("an overlay is left out: %s", fault)
            continue
        if pixels.shape[:2] != (image["height"], image["width"]):
            _log.warning("an overlay is left out: row %d: the image has not the size that its truth tells", row)
            continue
        file = f"{image['id']}.bmp"  # quick to write, and nothing is lost
        Image.fromarray(pixels).save(folder / file)
        yield {**image, "file_name": file}
