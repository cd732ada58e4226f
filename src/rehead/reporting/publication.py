"""Everything that shows an evaluation: the report, its summary, the figures, and the page for DVC's plots."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehead.files import replaced_folder
from rehead.reporting.analysis_figures import write_analysis_figures
from rehead.reporting.figures import draw_training_curves, plot_class_precision, write_figure
from rehead.reporting.gallery import write_overlays
from rehead.reporting.image_browser import browser_of
from rehead.reporting.report import write_report
from rehead.reporting.summary import write_summary
from rehead.reporting.vega import write_plots_template


def publish(
    page: Path,
    *,
    summary: Path,
    template: Path,
    figures: Path,
    truth: Mapping[str, Any],
    results: Sequence[dict[str, Any]],
    images: Path,
    evaluation: Mapping[str, Any],
    analysis: Mapping[str, Any],
    facts: Mapping[str, Any],
    params: Mapping[str, Any],
    lineage: Mapping[str, Any],
    history: Path,
    misalignment: Path,
    overlays: int,
) -> None:
    """Write the page, the summary in Markdown, the figures' folder anew, and the template of `dvc plots`.

    `facts` are the reports of the stages before. Detections are drawn from the thresholds of `analysis` on.
    """
    thresholds = analysis["thresholds"]
    with replaced_folder(figures) as folder:
        write_overlays(folder, truth, results, images, analysis=analysis, limit=overlays)
        draw_training_curves(history, folder)
        write_figure(folder / "classes.png", plot_class_precision(evaluation["per_class"]))
        write_analysis_figures(analysis, folder)
    write_report(
        page,
        evaluation=evaluation,
        analysis=analysis,
        browser=browser_of(truth, results, images, analysis=analysis, thresholds=thresholds, limit=overlays),
        params=params,
        lineage=lineage,
        history=history,
        figures={"roi_align": misalignment},
        **facts,
    )
    name = (params.get("register") or {}).get("name", "rehead")
    write_summary(summary, evaluation=evaluation, analysis=analysis, lineage=lineage, name=name)
    write_plots_template(template)
