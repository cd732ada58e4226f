"""The figures and tables of reports/analysis.json for MLflow and DVC, which show no page of ours: PNG and CSV files."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from rehead.files import write_atomically
from rehead.reporting import analysis_panels as panels
from rehead.reporting.analysis_rows import UNCLAIMING
from rehead.reporting.data_panels import HEAT
from rehead.reporting.figures import INK, LONGEST_NAME, STYLE, write_figure
from rehead.reporting.rows import Facts
from rehead.reporting.wording import shortened

_MOST_CLASSES, _MOST_NUMBERS = 40, 14
_HEIGHT = 4.2

Row = tuple[str | float, ...]


def write_analysis_figures(analysis: Facts, folder: Path) -> list[Path]:
    """Draw into `folder` what the analysis holds, as PNG files; parts that it leaves out are left out."""
    written = []
    for name, (part, draw) in FIGURES.items():
        if analysis.get(part):
            write_figure(folder / f"{name}.png", draw(analysis))
            written.append(folder / f"{name}.png")
    return written


def write_analysis_tables(analysis: Facts, folder: Path) -> list[Path]:
    """Write the CSV files from which DVC draws several revisions into one plot; a folder of images is none for them."""
    written = []
    for name, (part, rows) in TABLES.items():
        if analysis.get(part):
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="\n").writerows(rows(analysis))
            write_atomically(folder / f"{name}.csv", buffer.getvalue().encode())
            written.append(folder / f"{name}.csv")
    return written


@mpl.rc_context(STYLE)
def draw_precision(analysis: Facts) -> Figure:
    """Draw precision over recall: the mean of both heads, and each class's masks."""
    curves = analysis["curves"]
    figure, (left, right) = _pair()
    panels.plot_mean_curves(left, curves)
    panels.plot_class_curves(right, (curves.get("mask") or curves["box"])["classes"])
    return figure


@mpl.rc_context(STYLE)
def draw_confusion(analysis: Facts) -> Figure:
    """Draw which class is taken for which, as shares of a class's objects; of many classes those with most mistakes.

    Detections that claim no object stand below the class that they name, as a share of its objects too. Small shares
    are shown stronger than they are: mistakes are rare, and are what is looked for.
    """
    names, counts = analysis["confusion"]["classes"], np.array(analysis["confusion"]["counts"])
    classes = len(names) - 1
    mistakes = (counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts))[:classes]
    shown = np.sort(np.argsort(-mistakes, kind="stable")[:_MOST_CLASSES])
    kept = np.append(shown, classes)
    objects = np.maximum(counts.sum(axis=1), 1)[kept]
    counts, words = counts[np.ix_(kept, kept)], [shortened(names[at], longest=LONGEST_NAME) for at in shown]
    shares = counts / objects[:, None]
    shares[-1] = np.minimum(counts[-1] / objects, 1)
    side = max(4.6, 2.2 + (0.52 if len(kept) <= _MOST_NUMBERS else 0.24) * len(kept))
    figure = Figure(figsize=(side, side - 0.3), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap=HEAT, norm=PowerNorm(0.5, 0, 1))
    if len(kept) <= _MOST_NUMBERS:
        _write_counts(axes, counts, shares)
    edge = len(kept) - 1.5
    axes.axhline(edge, color=INK, linewidth=1)
    axes.axvline(edge, color=INK, linewidth=1)
    size = 9 if len(kept) <= _MOST_NUMBERS else 7.5
    axes.set_xticks(range(len(kept)), [*words, "missed"], rotation=90, fontsize=size, parse_math=False)
    axes.set_yticks(range(len(kept)), [*words, UNCLAIMING], fontsize=size, parse_math=False)
    axes.set(xlabel="taken for", ylabel="is")
    axes.grid(visible=False)
    axes.tick_params(length=0)
    some = "" if len(shown) == classes else f": the {len(shown)} classes of {classes} with most mistakes"
    axes.set_title(f"What is taken for what{some}")
    return figure


@mpl.rc_context(STYLE)
def draw_errors(analysis: Facts) -> Figure:
    """Draw what each kind of error costs."""
    return _single(lambda axes: panels.plot_errors(axes, analysis["errors"]))


@mpl.rc_context(STYLE)
def draw_calibration(analysis: Facts) -> Figure:
    """Draw whether scores are to be believed."""
    return _single(lambda axes: panels.plot_calibration(axes, analysis["calibration"]), width=5.2, height=4.8)


@mpl.rc_context(STYLE)
def draw_counting(analysis: Facts) -> Figure:
    """Draw objects counted over objects there."""
    return _single(lambda axes: panels.plot_counts(axes, analysis["counting"]), width=5.2, height=4.8)


@mpl.rc_context(STYLE)
def draw_by_iou(analysis: Facts) -> Figure:
    """Draw AP of each head over the IoU that counts as a match."""
    return _single(lambda axes: panels.plot_by_iou(axes, analysis["by_iou"]))


@mpl.rc_context(STYLE)
def draw_thresholds(analysis: Facts) -> Figure:
    """Draw precision, recall and F1 over the score, and F1 of each class with its threshold."""
    figure, (left, right) = _pair()
    panels.plot_rates(left, analysis["score_curves"]["all"])
    panels.plot_class_rates(right, analysis["score_curves"]["classes"], analysis.get("thresholds") or {})
    return figure


def list_precision(analysis: Facts) -> Iterator[Row]:
    """List precision over recall at IoU 0.50, the mean of all classes of both heads."""
    heads = [head for head in ("box", "mask") if (analysis["curves"].get(head) or {}).get("all")]
    yield ("recall", *heads)
    columns = [analysis["curves"][head]["all"]["precision50"] for head in heads]
    for step, values in enumerate(zip(*columns, strict=True)):
        yield (step / 100, *(0.0 if value is None else value for value in values))


def list_confusion(analysis: Facts) -> Iterator[Row]:
    """List what each object is and is taken for, one row an object or an invention."""
    names, counts = analysis["confusion"]["classes"], analysis["confusion"]["counts"]
    yield ("true", "predicted")
    for true, row in zip(names, counts, strict=True):
        for predicted, count in zip(names, row, strict=True):
            yield from [(true, predicted)] * count


def list_by_iou(analysis: Facts) -> Iterator[Row]:
    """List AP of each head by IoU."""
    by_iou = analysis["by_iou"]
    heads = [head for head in panels.BY_IOU if by_iou.get(head)]
    yield ("iou", *heads)
    for values in zip(by_iou["iou"], *(by_iou[head] for head in heads), strict=True):
        yield tuple(0.0 if value is None else value for value in values)


FIGURES: dict[str, tuple[str, Callable[[Facts], Figure]]] = {
    "by_iou": ("by_iou", draw_by_iou),
    "precision_recall": ("curves", draw_precision),
    "confusion": ("confusion", draw_confusion),
    "error_types": ("errors", draw_errors),
    "calibration": ("calibration", draw_calibration),
    "counting": ("counting", draw_counting),
    "thresholds": ("score_curves", draw_thresholds),
}
"""Name of a figure to the part of the analysis that it shows, and what draws it."""
TABLES: dict[str, tuple[str, Callable[[Facts], Iterator[Row]]]] = {
    "precision_recall": ("curves", list_precision),
    "confusion": ("confusion", list_confusion),
    "by_iou": ("by_iou", list_by_iou),
}


def _single(plot: Callable[[Axes], None], *, width: float = 6.6, height: float = _HEIGHT) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    plot(figure.subplots())
    return figure


def _pair() -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(9.8, _HEIGHT), layout="constrained")
    return figure, figure.subplots(1, 2)


def _write_counts(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    """Write each count into its field, light where the field is dark."""
    for (row, column), count in np.ndenumerate(counts):
        if count:
            tint = "white" if shares[row, column] > 0.3 else INK
            axes.text(column, row, str(count), ha="center", va="center", fontsize=9, color=tint)
