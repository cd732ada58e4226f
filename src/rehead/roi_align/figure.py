"""The figure that shows what RoIPool's rounding does: one box on its map, and how far bins move at each stride."""

import io
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from rehead.files import write_atomically
from rehead.roi_align.misalignment import Shifts, places_read
from rehead.roi_align.reference import pooled_ranges

TRUE, ROUNDED, NEAR, QUIET = (
    "#0072B2",
    "#D55E00",
    "#E9B08C",
    "#6b6b6b",
)  # blue and vermilion: every eye tells them apart
BOX, COLUMNS, ROWS, BINS, STRIDE = (45.0, 45.0, 237.0, 141.0), 10, 7, 3, 32


def draw_misalignment(shifts: list[Shifts], path: Path) -> None:
    """Draw both panels into a PNG of 11 to 5, the left one 6 wide: the report parts them there on a narrow screen."""
    figure = Figure(figsize=(13.2, 6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subfigures(1, 2, width_ratios=[6, 5])  # type: ignore[misc]  # typed as a single one
    draw_example(left.subplots())
    draw_distributions(right.subplots(), shifts)
    stream = io.BytesIO()
    figure.savefig(stream, dpi=110, metadata={"Software": None})
    write_atomically(path, stream.getvalue())


def draw_example(axes: Axes) -> None:
    """Draw a box of 3x3 bins on a map of stride 32: where each operator reads, and the way between."""
    for x in range(COLUMNS):
        for y in range(ROWS):
            axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor="white", edgecolor="#d5d5d5", linewidth=0.8))
    x1, y1, x2, y2 = (side / STRIDE for side in BOX)
    columns = pooled_ranges(BOX[0], BOX[2], size=BINS, scale=1 / STRIDE, limit=COLUMNS)
    rows = pooled_ranges(BOX[1], BOX[3], size=BINS, scale=1 / STRIDE, limit=ROWS)
    corner, far = (columns[0][0] - 0.5, rows[0][0] - 0.5), (columns[-1][1] - 0.5, rows[-1][1] - 0.5)
    axes.add_patch(
        Rectangle(corner, far[0] - corner[0], far[1] - corner[1], facecolor=ROUNDED, alpha=0.16, linewidth=0)
    )
    axes.add_patch(
        Rectangle(
            corner, far[0] - corner[0], far[1] - corner[1], fill=False, edgecolor=ROUNDED, linewidth=2, linestyle="--"
        )
    )
    axes.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=TRUE, linewidth=2.4))
    for step in range(1, BINS):
        axes.plot([x1 + (x2 - x1) * step / BINS] * 2, [y1, y2], color=TRUE, linewidth=0.9)
        axes.plot([x1, x2], [y1 + (y2 - y1) * step / BINS] * 2, color=TRUE, linewidth=0.9)
    draw_arrows(axes)
    axes.set(
        xlim=(-0.5, COLUMNS - 0.5),
        ylim=(ROWS - 0.5, -0.5),
        aspect="equal",
        anchor="N",
        xticks=range(COLUMNS),
        yticks=range(ROWS),
    )
    axes.tick_params(length=0, labelsize=10, colors=QUIET)
    axes.set_xlabel(f"pixels of the feature map (one is {STRIDE} pixels of the image)", fontsize=11)
    axes.spines[:].set_visible(False)


def draw_arrows(axes: Axes) -> None:
    """Draw an arrow from each bin's true centre to the middle of the pixels that RoIPool takes for it."""
    roi = torch.tensor([[0.0, *BOX]], dtype=torch.float64)
    read, true, _ = places_read(roi, height=ROWS, width=COLUMNS, size=BINS, stride=STRIDE)
    read_2b, true_2b = read[0].flatten(1).numpy(), true[0].flatten(1).numpy()
    for start, end in zip(true_2b.T, read_2b.T, strict=True):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 3})
    axes.scatter(true_2b[0], true_2b[1], s=48, color=TRUE, zorder=5)
    axes.scatter(read_2b[0], read_2b[1], s=48, color=ROUNDED, marker="s", zorder=5)
    worst = float(np.linalg.norm(read_2b - true_2b, axis=0).max())
    axes.set_title(
        "RoIPool rounds the box to whole feature pixels and reads it\n"
        f"{worst:.2f} feature pixels beside its place: {worst * STRIDE:.0f} pixels of the image",
        fontsize=13,
        loc="left",
    )
    handles = [
        Line2D([], [], color=TRUE, marker="o", linewidth=2.4, label="the box, and the centres RoIAlign reads"),
        Patch(facecolor="#f9e2d3", edgecolor=ROUNDED, linestyle="--", label="the whole pixels RoIPool rounds it to"),
        Line2D([], [], color=ROUNDED, marker="s", linewidth=0, label="the centres RoIPool reads"),
    ]
    axes.legend(
        handles=handles,
        loc="lower left",
        borderaxespad=0.3,
        facecolor="white",
        edgecolor="none",
        framealpha=1,
        fontsize=10.5,
    )


def draw_distributions(axes: Axes, shifts: list[Shifts]) -> None:
    """Draw the shift of all bins in image pixels as boxes, a pair for each stride: inside, and near the border."""
    middles = np.arange(len(shifts), dtype=float)
    for offset, colour, near in ((-0.19, ROUNDED, False), (0.19, NEAR, True)):
        values = [s.image_pixels_b[s.near_b == near] for s in shifts]
        drawn = axes.boxplot(
            values,
            positions=list(middles + offset),
            widths=0.32,
            whis=(5, 95),
            showfliers=False,
            patch_artist=True,
            manage_ticks=False,
        )
        for patch, median in zip(drawn["boxes"], drawn["medians"], strict=True):
            patch.set(facecolor=colour, edgecolor="black", linewidth=0.9)
            median.set(color="black", linewidth=1.8)
    axes.axhline(0, color=TRUE, linewidth=2.6, zorder=4)
    ticks = [f"stride {s.stride}\nmedian {np.median(s.image_pixels_b):.1f} px" for s in shifts]
    axes.set_xticks(middles, ticks, fontsize=11)
    axes.set_ylabel("shift in pixels of the image\n(line: median, box: half of all bins, whiskers: 90 %)", fontsize=11)
    medians = [float(np.median(s.image_pixels_b)) / s.stride for s in shifts]
    axes.set_title(
        "The coarser the map, the farther the bins move:\n"
        f"about {np.mean(medians):.1f} of a feature pixel, whatever its size",
        fontsize=13,
        loc="left",
    )
    handles = [
        Patch(facecolor=ROUNDED, edgecolor="black", label="RoIPool, box inside the image"),
        Patch(facecolor=NEAR, edgecolor="black", label="RoIPool, box at the image's border"),
        Line2D([], [], color=TRUE, linewidth=2.6, label="RoIAlign"),
    ]
    axes.legend(handles=handles, loc="upper left", frameon=False, fontsize=10.5)
    axes.spines[["top", "right"]].set_visible(False)
