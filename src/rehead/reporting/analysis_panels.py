"""The panels of an analysis's figures; each title says what the panel shows of this model."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from rehead.reporting.palette import BOX_COLOUR, MASK_COLOUR, as_hex, colour
from rehead.reporting.rows import Facts
from rehead.reporting.wording import percent, shortened

HEADS = {"box": BOX_COLOUR, "mask": MASK_COLOUR}
SOFT = "#8a939d"
_TINTS = tuple(as_hex(colour(place)) for place in (0, 1, 2, 5, 6, 4))
"""Colours of classes: those of the palette that a thin line on white can be seen in."""
BY_IOU = {
    "box": ("box", BOX_COLOUR, "-"),
    "mask": ("mask", MASK_COLOUR, "-"),
    "boundary": ("boundary", "#CC79A7", "-"),
    "mask_true_boxes": ("mask, true boxes given", MASK_COLOUR, "--"),
    "mask_ceiling": ("mask ceiling", SOFT, ":"),
}
"""Key of `by_iou` to its name, colour and line."""
_RATES = {"precision": (BOX_COLOUR, "-"), "recall": (MASK_COLOUR, "--"), "f1": ("#009E73", "-")}
_GAP = 0.4


def plot_by_iou(axes: Axes, by_iou: Facts) -> None:
    """Plot AP of each head over the IoU that counts as a match, and what true boxes and a perfect head would score."""
    for key, (name, tint, dash) in BY_IOU.items():
        if values := by_iou.get(key):
            axes.plot(by_iou["iou"], _floats(values), dash, color=tint, label=name, marker="o")
    axes.set(xlabel="IoU that counts as a match", ylabel="AP", ylim=(0, 1.03), xticks=by_iou["iou"])
    axes.tick_params(axis="x", labelsize=8.5)
    axes.set_title("AP by IoU")
    axes.legend(loc="lower left", fontsize=9)


def plot_mean_curves(axes: Axes, curves: Facts) -> None:
    """Plot precision over recall, the mean of all classes, of both heads at IoU 0.50 and 0.75."""
    for head, tint in HEADS.items():
        whole = (curves.get(head) or {}).get("all") or {}
        for iou, dash in (("50", "-"), ("75", "--")):
            if values := whole.get(f"precision{iou}"):
                axes.plot(*_reached(values), dash, color=tint, label=f"{head}, IoU 0.{iou}")
    _rates(axes, "recall", "precision")
    axes.set_title("Mean of all classes")
    axes.legend(loc="lower left", fontsize=9)


def plot_class_curves(axes: Axes, curves: Facts) -> None:
    """Plot precision over recall of each class's masks at IoU 0.50; of many classes the weakest have colours."""
    known = {name: _floats(values) for name, one in curves.items() if (values := one.get("precision50"))}
    weak = sorted(known, key=lambda name: float(np.nan_to_num(known[name]).mean()))[: len(_TINTS)]
    _highlight(axes, {name: _reached(values) for name, values in known.items()}, weak=weak)
    _rates(axes, "recall", "precision")
    axes.set_title("Masks of each class, IoU 0.50")


def plot_rates(axes: Axes, curve: Facts) -> None:
    """Plot precision, recall and F1 of all classes over the score that a detection needs."""
    for rate, (tint, dash) in _RATES.items():
        axes.plot(curve["score"], _floats(curve[rate]), dash, color=tint, label="F1" if rate == "f1" else rate)
    _rates(axes, "score that a detection needs", "")
    axes.set_title("All classes, masks at IoU 0.50")
    axes.legend(loc="best", fontsize=9)


def plot_class_rates(axes: Axes, curves: Facts, thresholds: Mapping[str, float]) -> None:
    """Plot F1 of each class over the score, with a dot at the score that was chosen."""
    of_class = {name: (np.array(one["score"]), _floats(one["f1"])) for name, one in curves.items() if one["score"]}
    weak = sorted(of_class, key=lambda name: float(np.nan_to_num(of_class[name][1]).max()))[: len(_TINTS)]
    tints = _highlight(axes, of_class, weak=weak)
    for name, (scores, values) in of_class.items():
        if name in thresholds:
            order = np.argsort(scores)
            at = float(np.interp(thresholds[name], scores[order], values[order]))
            axes.plot(thresholds[name], at, "o", color=tints[name], mec="white", mew=0.8, markersize=6, clip_on=False)
    _rates(axes, "score that a detection needs", "F1")
    axes.set_title("F1 of each class, dot at its threshold")


def plot_errors(axes: Axes, errors: Facts) -> None:
    """Plot the AP50 that each kind of error costs either head, with how often it occurs."""
    heads = [head for head in HEADS if errors.get(head)]
    kinds = list(errors[heads[0]]["types"])
    for place, head in enumerate(heads):
        spots = np.arange(len(kinds)) + (place - (len(heads) - 1) / 2) * _GAP
        rows = [errors[head]["types"][kind] for kind in kinds]
        costs = [row["cost"] or 0.0 for row in rows]
        axes.barh(spots, costs, height=0.36, color=HEADS[head], label=head)
        for spot, row, cost in zip(spots, rows, costs, strict=True):
            text = "undefined" if row["cost"] is None else f"{cost:.3f}"
            axes.annotate(text, (max(cost, 0), spot), (4, 0), textcoords="offset points", va="center", fontsize=8.5)
    axes.set_yticks(range(len(kinds)), kinds)
    axes.set(ylim=(len(kinds) - 0.4, -0.6), xlabel="AP50 won if errors of this kind alone were mended")
    axes.set_xlim(0, 1.15 * max([0.01, *(c["cost"] or 0 for h in heads for c in errors[h]["types"].values())]))
    axes.grid(visible=False, axis="y")
    axes.set_axisbelow(True)
    axes.set_title("What each kind of error costs")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0.2)


def plot_calibration(axes: Axes, calibration: Facts) -> None:
    """Plot the share of detections that are right over their score; the larger the dot, the more detections."""
    rows = [row for row in calibration["bins"] if row["count"] and row["precision"] is not None]
    scores, right = ([row[key] for row in rows] for key in ("score", "precision"))
    counts = np.sqrt([row["count"] for row in rows])
    sizes = 20 + 180 * counts / counts.max(initial=1)
    axes.plot([0, 1], [0, 1], "--", color=SOFT, linewidth=1.2)
    axes.plot(scores, right, color=MASK_COLOUR)
    axes.scatter(scores, right, s=sizes, color=MASK_COLOUR, ec="white", zorder=3, clip_on=False)
    _rates(axes, "mean score", "share that is right")
    error = calibration.get("expected_error")
    axes.set_title("Are scores to be believed?" + ("" if error is None else f" They are off by {error:.3f} on average"))


def plot_counts(axes: Axes, counting: Facts) -> None:
    """Plot objects counted over objects there, by image; the larger the dot, the more images."""
    pairs = np.array([(one["true"], one["predicted"]) for one in counting["images"]], dtype=np.int64).reshape(-1, 2)
    places, images = np.unique(pairs, axis=0, return_counts=True)
    most = 1.06 * max(1, int(pairs.max(initial=0)))
    axes.plot([0, most], [0, most], "--", color=SOFT, linewidth=1.2)
    sizes = 18 + 160 * images / images.max(initial=1)
    axes.scatter(places[:, 0], places[:, 1], s=sizes, color=MASK_COLOUR, alpha=0.65, ec="white", lw=0.6, zorder=3)
    axes.set(xlim=(-0.03 * most, most), ylim=(-0.03 * most, most), xlabel="objects there", ylabel="objects counted")
    axes.set_aspect("equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    share, error = counting.get("exact_share"), counting.get("mean_absolute_error")
    told = (
        "" if share is None or error is None else f": {percent(share)} of images exact, off by {error:.2g} on average"
    )
    axes.set_title(f"Counting{told}")


def _highlight(axes: Axes, curves: Mapping[str, tuple[Any, Any]], *, weak: Sequence[str]) -> dict[str, str]:
    """Draw a curve for each class and name those that have a colour: all, or of many the weak; returns the colours."""
    named = list(curves) if len(curves) <= len(_TINTS) else list(weak)
    tints = {name: _TINTS[named.index(name)] if name in named else SOFT for name in curves}
    rest = [np.column_stack(curves[name]) for name in curves if name not in named]
    axes.add_collection(LineCollection(rest, colors=SOFT, linewidths=0.8, alpha=0.5), autolim=False)
    for name in named:
        axes.plot(*curves[name], color=tints[name], label=shortened(name, longest=18))
    title = None if len(named) == len(curves) else f"weakest of {len(curves)}"
    if named:
        axes.legend(loc="best", fontsize=8.5, title=title, title_fontsize=8.5)
    return tints


def _rates(axes: Axes, x: str, y: str) -> None:
    axes.set(xlim=(0, 1.01), ylim=(0, 1.03), xlabel=x, ylabel=y)


def _reached(values: Sequence[float | None]) -> tuple[Any, Any]:
    """Give recall and precision as far as recall was reached: beyond, precision is 0."""
    precision = _floats(values)
    return np.linspace(0, 1, len(values)), np.where(precision > 0, precision, np.nan)


def _floats(values: Sequence[float | None]) -> Any:
    """Turn JSON's null into a gap."""
    return np.array(values, dtype=float)
