"""Figures drawn without a display: training curves and average precision by class, as PNG files or SVG bytes."""

import csv
import math
import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rehead.files import write_atomically
from rehead.reporting.palette import BOX_COLOUR, MASK_COLOUR
from rehead.reporting.wording import shortened

Row = Mapping[str, float | None]

_DPI = 160
_MOST_CLASSES = 40
LONGEST_NAME = 28
INK = "#30363d"
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "axes.grid": True,
    "grid.color": "#d5d9de",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4,
    "svg.hashsalt": "rehead",
}
_PARTS = {
    "loss_classifier": ("class", "#CC79A7", "-"),
    "loss_box_reg": ("box", BOX_COLOUR, "-"),
    "loss_mask": ("mask", MASK_COLOUR, "-"),
    "loss_objectness": ("objectness", "#009E73", "--"),
    "loss_rpn_box_reg": ("proposal box", "#56B4E9", "--"),
}
"""Column of training.csv to its name, colour and line: solid for the heads, dashed for the proposals."""


def read_history(path: Path) -> list[dict[str, float | None]]:
    """Read training.csv: one dictionary an epoch; an empty cell is None."""
    with path.open(newline="", encoding="utf-8") as stream:
        return [{key: float(cell) if cell else None for key, cell in row.items()} for row in csv.DictReader(stream)]


def draw_training_curves(history: Path, folder: Path) -> Path:
    """Draw a training.csv into `folder`/curves.png; returns that path."""
    path = folder / "curves.png"
    write_figure(path, plot_training(read_history(history)))
    return path


def plot_training(history: Sequence[Row], *, columns: int = 2) -> Figure:
    """Plot loss, its parts, validation AP and learning rate over epochs; `columns` is 1 for a phone."""
    if not history:
        raise ValueError("history holds no epoch: there is no curve to draw; is training.csv empty?")
    rows = -(-4 // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6 * columns, 3.1 * rows), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        _plot_loss(panels[0], history)
        _plot_parts(panels[1], history)
        _plot_precision(panels[2], history)
        _plot_rate(panels[3], history)
        for axes in panels:
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    return figure


def plot_class_precision(per_class: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Plot box and mask AP of each class as bars, weakest mask on top; beyond 40 classes the weakest 40."""
    if not per_class:
        raise ValueError("per_class is empty: there is no class to draw")
    ranked = sorted(per_class, key=lambda name: (per_class[name].get("mask_AP") is None, _ap(per_class, name, "mask")))
    names = ranked[:_MOST_CLASSES]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 1.5 + 0.46 * len(names)), layout="constrained")
        axes = figure.subplots()
        for head, tint, offset in (("box", BOX_COLOUR, -0.19), ("mask", MASK_COLOUR, 0.19)):
            spots = [index + offset for index in range(len(names))]
            values = [_ap(per_class, name, head) for name in names]
            axes.barh(spots, values, height=0.34, color=tint, label=head)
            for spot, value, name in zip(spots, values, names, strict=True):
                text = "undefined" if per_class[name].get(f"{head}_AP") is None else f"{value:.3f}"
                axes.text(value + 0.01, spot, text, va="center", fontsize=8)
        axes.set_yticks(range(len(names)), [shortened(name, longest=LONGEST_NAME) for name in names], parse_math=False)
        axes.set(xlim=(0, 1.08), ylim=(len(names) - 0.4, -0.6), xlabel="AP, IoU 0.50 to 0.95")
        axes.set_title("AP by class" if len(names) == len(ranked) else f"AP of the weakest {len(names)} classes")
        axes.grid(visible=False, axis="y")
        axes.set_axisbelow(True)
        figure.legend(loc="outside upper right", ncols=2)
    return figure


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure as PNG at 160 dots an inch, whole or not at all."""
    write_atomically(path, _saved(figure, format="png", dpi=_DPI, facecolor="white"))


def render_svg(figure: Figure) -> bytes:
    """Return a figure as SVG with letters as outlines and no background; the same figure gives the same bytes."""
    with mpl.rc_context(STYLE):
        return _saved(figure, format="svg", transparent=True, metadata={"Date": None})


def _saved(figure: Figure, **options: Any) -> bytes:
    buffer = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a box stands for a letter of a class name
        figure.savefig(buffer, **options)
    return buffer.getvalue()


def _ap(per_class: Mapping[str, Mapping[str, Any]], name: str, head: str) -> float:
    return per_class[name].get(f"{head}_AP") or 0.0


def _plot_loss(axes: Axes, history: Sequence[Row]) -> None:
    axes.plot(*_points(history, "loss"), color=INK, label="training", marker="o")
    unseen = _points(history, "val_loss")
    if unseen[0]:
        axes.plot(*unseen, "--", color=INK, label="validation", marker="o", mfc="white")
        axes.legend(loc="upper right", ncols=2)
    axes.set_title("Loss, all parts added")
    axes.set_ylim(0, 1.25 * max([0.01, *_points(history, "loss")[1], *unseen[1]]))


def _plot_parts(axes: Axes, history: Sequence[Row]) -> None:
    for column, (label, tint, dash) in _PARTS.items():
        axes.plot(*_points(history, column), dash, color=tint, label=label, marker="o")
    axes.set_title("Its parts")
    highest = max([0.01, *(value for column in _PARTS for value in _points(history, column)[1])])
    axes.set_ylim(0, 1.4 * highest)
    axes.legend(loc="upper right", ncols=2, fontsize=9, columnspacing=1.2)


def _plot_precision(axes: Axes, history: Sequence[Row]) -> None:
    for head, tint in (("box", BOX_COLOUR), ("mask", MASK_COLOUR)):
        axes.plot(*_points(history, f"val_{head}_AP"), color=tint, label=head, marker="o")
    scored = [row for row in history if row.get("val_mask_AP") is not None]
    epochs, values = _points(scored, "val_mask_AP")
    if values:
        # Of equal ones that with the least loss, which is the epoch that training keeps.
        losses = [math.inf if (loss := row.get("val_loss")) is None else loss for row in scored]
        best = max(range(len(values)), key=lambda i: (values[i], -losses[i]))
        axes.plot(epochs[best], values[best], "o", markersize=10, mfc="none", mec=MASK_COLOUR)
        axes.set_title(f"Validation AP, best mask {values[best]:.3f} in epoch {epochs[best]:g}")
    else:
        axes.set_title("Validation AP (not measured)")
    axes.set_ylim(0, max(0.1, 1.15 * max([*values, *_points(history, "val_box_AP")[1], 0.0])))
    axes.legend(loc="lower right", ncols=2)


def _plot_rate(axes: Axes, history: Sequence[Row]) -> None:
    axes.plot(*_points(history, "lr"), color="#009E73", marker="o")
    axes.set_title("Learning rate at the epoch's end")
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
    axes.set_ylim(bottom=0)


def _points(history: Sequence[Row], column: str) -> tuple[list[float], list[float]]:
    """Pick the epochs in which `column` was measured, and its values."""
    pairs = [(row["epoch"], row[column]) for row in history if row.get(column) is not None]
    return [float(x) for x, _ in pairs if x is not None], [float(y) for _, y in pairs if y is not None]
