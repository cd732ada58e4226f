"""The panels of a dataset's figure: object sizes, what each input size shows, crowding, shapes, places, image sizes."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator, PercentFormatter
from numpy.typing import ArrayLike, NDArray

from rehead.coco.coverage import coverage
from rehead.coco.measurements import Floats, Measurements
from rehead.coco.statistics import INPUT_SIZES, LARGE, SMALL, VISIBLE, sizes_seen
from rehead.reporting.wording import percent, plain

Splits = Mapping[str, Measurements]
Colours = Mapping[str, str]

COCO_LIMIT = 100
"""Detections an image that COCO counts."""
_SOFT = "#59636f"
_BINS = 36
_SEEN_COLOURS = ("#56B4E9", "#0072B2", "#1b2027")
HEAT = LinearSegmentedColormap.from_list("heat", ["#ffffff", "#bfe0f5", "#56B4E9", "#0072B2", "#06283d"])
_WIDEST = 8
_SIZE_TICKS = (1, 2, 4, 8, 16, 32, 96, 256, 512, 1024, 2048, 4096, 8192)
_STEPS = (1, 2, 5, 10)
_MOST_SIZES = 300


def plot_sizes(axes: Axes, splits: Splits, colours: Colours) -> None:
    """Plot object sizes on a log axis with COCO's bounds and the share between them."""
    sizes = {name: np.sqrt(one.areas_m) for name, one in splits.items()}
    every = np.concatenate(list(sizes.values()))
    low, high = min(16.0, every.min() / 1.2), max(192.0, every.max() * 1.2)
    _stack(axes, sizes, np.geomspace(low, high, _BINS), colours)
    axes.set_xscale("log")
    _mark_bounds(axes, every, (low, high))
    axes.xaxis.set_major_locator(FixedLocator([size for size in _SIZE_TICKS if low <= size <= high]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set(xlabel="side of a square of the mask's area, px", ylabel="objects")
    axes.set_title(f"Object sizes: half are below {np.median(every):.0f} px")


def plot_seen(axes: Axes, splits: Splits, colours: Colours, *, tile: int | None) -> None:
    """Plot, over model.input_size, the share of objects that are large enough where the network sees them."""
    one = merged(splits)
    rows = [sizes_seen(one, size, tile=tile) for size in INPUT_SIZES]
    for least, tint in zip(VISIBLE, _SEEN_COLOURS, strict=True):
        shares = [row.at_least[least] for row in rows]
        axes.plot(INPUT_SIZES, shares, "o-", color=tint, label=f"{least} px or more")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(INPUT_SIZES))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(axis="x", labelsize=8)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set(ylim=(0, 1.22), yticks=[0, 0.25, 0.5, 0.75, 1], xlabel="model.input_size", ylabel="share of objects")
    axes.set_title("Seen by the network at each input size")
    axes.legend(loc="upper center", fontsize=8.5, ncols=3, columnspacing=1.0, handlelength=1.4)


def plot_crowding(axes: Axes, splits: Splits, colours: Colours) -> None:
    """Plot how many objects an image holds."""
    counts = {name: one.objects_n for name, one in splits.items()}
    every = np.concatenate(list(counts.values()))
    most = int(every.max())
    width = max(1, -(-(most + 1) // _BINS))
    _stack(axes, counts, np.arange(0, most + width + 1, width) - 0.5, colours)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, steps=_STEPS))
    if most > COCO_LIMIT:
        axes.axvline(COCO_LIMIT, color=_SOFT, linestyle=(0, (4, 3)), linewidth=1)
        _note(axes, COCO_LIMIT, " limit of COCO's scores")
    axes.set(xlabel="objects in an image", ylabel="images")
    axes.set_title(f"Crowding: half hold {np.median(every):.0f} or fewer, the fullest {plain(most)}")


def plot_aspects(axes: Axes, splits: Splits, colours: Colours) -> None:
    """Plot the boxes' width over height on a log axis; beyond 8 to 1 they stand in the outermost bars."""
    ratios = {name: _ratios(one) for name, one in splits.items()}
    every = np.concatenate(list(ratios.values()))
    inside = {name: np.clip(values, 1 / _WIDEST * 1.001, _WIDEST / 1.001) for name, values in ratios.items()}
    _stack(axes, inside, np.geomspace(1 / _WIDEST, _WIDEST, _BINS + 1), colours)
    axes.set_xscale("log")
    ticks = {1 / 8: "1:8", 1 / 4: "1:4", 1 / 2: "1:2", 1: "1:1", 2: "2:1", 4: "4:1", 8: "8:1"}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="width to height of the box", ylabel="objects")
    between = float(((every >= 0.5) & (every <= 2)).mean()) if len(every) else 0.0
    axes.set_title(f"Shapes: {percent(between)} between 1:2 and 2:1")


def plot_places(axes: Axes, splits: Splits, colours: Colours) -> None:
    """Plot where in the picture objects lie."""
    one = merged(splits)
    shape = float(np.median(one.sizes_n2[:, 0] / one.sizes_n2[:, 1]))
    boxes = coverage(one)
    axes.imshow(boxes, cmap=HEAT, vmin=0, extent=(0, shape, 1, 0), interpolation="bilinear")
    axes.set(xticks=[], yticks=[], anchor="W")
    axes.set_xlabel(f"at most {boxes.max():.2g} objects over a place, mean of all images", loc="left", size=9)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set(visible=True, color="#c3c9d0")
    axes.set_title("Places: where in the picture objects lie")


def plot_images(axes: Axes, splits: Splits, colours: Colours) -> None:
    """Plot the images' sizes as rectangles from one corner, stronger for more images."""
    sizes_k2, counts_k = np.unique(merged(splits).sizes_n2, axis=0, return_counts=True)
    common = np.argsort(-counts_k)[:_MOST_SIZES]
    for (wide, high), count in zip(sizes_k2[common], counts_k[common], strict=True):
        share = float(count / counts_k.max())
        axes.add_patch(Rectangle((0, 0), wide, high, fill=False, edgecolor="#0072B2", alpha=0.25 + 0.75 * share))
    low, high = sizes_k2.min(axis=0), sizes_k2.max(axis=0)
    axes.set(
        xlim=(0, 1.08 * high[0]),
        ylim=(0, 1.08 * high[1]),
        aspect="equal",
        anchor="W",
        xlabel="width, px",
        ylabel="height, px",
    )
    axes.locator_params(nbins=5, steps=_STEPS)
    number = len(sizes_k2)
    size = f"all {low[0]} × {low[1]}" if number == 1 else f"{plain(number)} sizes, sides up to {high.max()} px"
    axes.set_title(f"Images: {size}")


def merged(splits: Splits) -> Measurements:
    """Lay the measurements of all splits end to end."""
    parts = list(splits.values())
    starts = np.cumsum([0, *(len(one.file_names) for one in parts)])
    return Measurements(
        classes=parts[0].classes,
        file_names=tuple(name for one in parts for name in one.file_names),
        sizes_n2=np.concatenate([one.sizes_n2 for one in parts]),
        boxes_m4=np.concatenate([one.boxes_m4 for one in parts]),
        areas_m=np.concatenate([one.areas_m for one in parts]),
        image_m=np.concatenate([one.image_m + start for one, start in zip(parts, starts, strict=False)]),
        label_m=np.concatenate([one.label_m for one in parts]),
        crowds_n=np.concatenate([one.crowds_n for one in parts]),
    )


def _stack(axes: Axes, values: Mapping[str, ArrayLike], edges: NDArray[np.floating], colours: Colours) -> None:
    tints = [colours[name] for name in values]
    axes.hist(list(values.values()), bins=list(edges), stacked=True, color=tints, linewidth=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, steps=_STEPS))
    axes.set_axisbelow(True)
    axes.grid(visible=False, axis="x")


def _mark_bounds(axes: Axes, sizes_m: Floats, limits: tuple[float, float]) -> None:
    """Draw COCO's two bounds, and above each part its name and its share of the objects."""
    axes.set_ylim(0, 1.2 * axes.get_ylim()[1])
    for bound in (SMALL, LARGE):
        axes.axvline(bound, color=_SOFT, linestyle=(0, (4, 3)), linewidth=1)
    edges = (limits[0], SMALL, LARGE, limits[1])
    for name, low, high in zip(("small", "medium", "large"), edges, edges[1:], strict=False):
        share = float(((sizes_m >= low) & (sizes_m < high)).mean())
        _note(axes, float(np.sqrt(low * high)), f"{name}\n{percent(share)}", ha="center")
    axes.set_xlim(limits)


def _note(axes: Axes, at: float, text: str, *, ha: str = "left") -> None:
    axes.text(at, 0.97, text, transform=axes.get_xaxis_transform(), ha=ha, va="top", size=8.5, color=_SOFT)


def _ratios(one: Measurements) -> Floats:
    wide, high = one.boxes_m4[:, 2:].T
    sized = (wide > 0) & (high > 0)
    return np.asarray(wide[sized] / high[sized])
