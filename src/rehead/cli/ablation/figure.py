"""An ablation in one look: scores of every seed beside the ceilings, and differences with both intervals."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from rehead.cli.ablation.comparison import Comparison, Variant
from rehead.reporting.figures import INK, STYLE

SHOWN = ("mask AP", "mask AP75", "boundary AP", "box AP")
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_GROUP = 0.8
_CEILINGS = {"mask AP": ("mask", "AP"), "mask AP75": ("mask", "AP75"), "boundary AP": ("boundary", "AP")}


def plot_comparison(comparison: Comparison, *, columns: int = 2) -> Figure:
    """Plot scores and differences of all values; `columns` is 1 for a phone.

    A dot is a seed, a bar the mean with its interval over seeds, a dashed line the ceiling of a perfect mask head.
    """
    others = comparison.variants[1:]
    panels = 2 if others else 1
    rows = -(-panels // columns)
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(4.9 * min(columns, panels) if columns > 1 else 4.9, 4.0 * rows + 0.3),
            layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1),
        )
        axes = figure.subplots(rows, min(columns, panels), squeeze=False).ravel()
        _plot_scores(axes[0], comparison)
        if others:
            _plot_differences(axes[1], comparison)
        figure.legend(
            handles=_keys(comparison), loc="outside lower center", ncols=3 if columns > 1 else 2, fontsize=8.5
        )
    return figure


def colour_of(index: int) -> str:
    """Return the colour of a value by its place in the comparison."""
    return _COLOURS[index % len(_COLOURS)]


def _plot_scores(axes: Axes, comparison: Comparison) -> None:
    for place, variant in enumerate(comparison.variants):
        for group, name in enumerate(SHOWN):
            _plot_score(
                axes, comparison, variant, name, _spot(group, place, len(comparison.variants)), colour_of(place)
            )
    axes.set_xticks(range(len(SHOWN)), [name.replace(" ", "\n") for name in SHOWN])
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    axes.set(ylim=(0, _top(comparison)), xlim=(-0.5, len(SHOWN) - 0.5))
    axes.set_title("Scores on validation")


def _top(comparison: Comparison) -> float:
    """End the axis at 1 where there are ceilings, else above the best seed."""
    values = [v for one in comparison.variants for name in SHOWN for v in one.scores[name].by_seed.values() if v]
    return 1.03 if comparison.ceilings else min(1.03, 1.3 * max([0.05, *values]))


def _plot_score(axes: Axes, comparison: Comparison, variant: Variant, name: str, spot: float, tint: str) -> None:
    found = variant.scores[name]
    if found.mean is None:
        return
    half = _GROUP / len(comparison.variants) * 0.36
    values = [value for value in found.by_seed.values() if value is not None]
    axes.plot(spot + half * _spaced(len(values)), values, "o", color=tint, markersize=4, alpha=0.45, mew=0)
    if found.interval is not None:
        axes.vlines(spot, *np.clip(found.interval, 0.0, 1.0), color=tint, linewidth=1.6)
    axes.hlines(found.mean, spot - half, spot + half, color=tint, linewidth=2.6)
    ceiling = _ceiling(comparison, variant, name)
    if ceiling is not None:
        axes.hlines(ceiling, spot - 1.2 * half, spot + 1.2 * half, color=tint, linewidth=1.4, linestyle=(0, (2, 1)))


def _plot_differences(axes: Axes, comparison: Comparison) -> None:
    """Draw a row a score, the first on top: over seeds thick, over images thin."""
    others = comparison.variants[1:]
    for place, variant in enumerate(others):
        for row, name in enumerate(SHOWN):
            found, at, tint = variant.differences[name], _spot(row, place, len(others)), colour_of(place + 1)
            if found.mean is None:
                continue
            if found.over_images is not None:
                axes.hlines(at, *found.over_images, color=INK, linewidth=1.0)
                axes.plot(found.over_images, (at, at), "|", color=INK, markersize=6)
            if found.over_seeds is not None:
                axes.hlines(at, *found.over_seeds, color=tint, linewidth=4.5, alpha=0.45)
            axes.plot(found.mean, at, "o", color=tint, markersize=6, zorder=3)
            most = _to_win(comparison, variant, name)
            if most is not None:
                axes.plot(most, at, "D", mfc="white", mec=tint, markersize=5.5, zorder=4)
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(range(len(SHOWN)), SHOWN)
    axes.set_ylim(len(SHOWN) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    _end_axis(axes, comparison)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
    axes.set_title(f"Difference to {comparison.variants[0].value}")


def _end_axis(axes: Axes, comparison: Comparison) -> None:
    """Limit the axis, with an arrowhead where a bar goes on beyond it."""
    low, high = _reach(comparison)
    axes.set_xlim(low, high)
    others = comparison.variants[1:]
    for place, variant in enumerate(others):
        for row, name in enumerate(SHOWN):
            at, interval = _spot(row, place, len(others)), variant.differences[name].over_seeds
            for end, mark, beyond in (
                (low, "<", interval is not None and interval[0] < low),
                (high, ">", interval is not None and interval[1] > high),
            ):
                if beyond:
                    axes.plot(end, at, mark, color=colour_of(place + 1), markersize=7, clip_on=False, zorder=3)


def _reach(comparison: Comparison) -> tuple[float, float]:
    """End the axis where few seeds would otherwise press all else together; their bars then run out of the picture."""
    found = [variant.differences[name] for variant in comparison.variants[1:] for name in SHOWN]
    inner = [0.0, 0.01, -0.01, *(one.mean for one in found if one.mean is not None)]
    inner += [side for one in found if one.over_images is not None for side in one.over_images]
    inner += [
        most
        for variant in comparison.variants[1:]
        for name in SHOWN
        if (most := _to_win(comparison, variant, name)) is not None
    ]
    outer = [side for one in found if one.over_seeds is not None for side in one.over_seeds]
    room = 0.1 * (max(inner) - min(inner))
    farthest = 6 * max(map(abs, inner))  # three seeds fit, two may not
    low, high = (pick([*inner, *(min(max(side, -farthest), farthest) for side in outer)]) for pick in (min, max))
    return low - room, high + room


def _keys(comparison: Comparison) -> Sequence[Line2D]:
    """Name colours and marks."""
    level = f"{100 * comparison.confidence:.0f} %"
    seeds = max(len(one.scores["mask AP"].by_seed) for one in comparison.variants)
    keys = [
        Line2D([], [], color=colour_of(place), linewidth=2.6, label=variant.value)
        for place, variant in enumerate(comparison.variants)
    ]
    keys.append(Line2D([], [], color=INK, marker="o", alpha=0.45, linestyle="none", mew=0, label="one seed"))
    if seeds > 1:
        keys.append(Line2D([], [], color=INK, linewidth=4.5, alpha=0.45, label=f"{level} over seeds"))
    if len(comparison.variants) > 1:
        keys.append(Line2D([], [], color=INK, linewidth=1, marker="|", markersize=6, label=f"{level} over images"))
    if comparison.ceilings is not None:
        keys.append(Line2D([], [], color=INK, linewidth=1.4, linestyle=(0, (2, 1)), label="a perfect mask head"))
        keys.append(Line2D([], [], mfc="white", mec=INK, marker="D", linestyle="none", label="what its grid could win"))
    return keys


def _to_win(comparison: Comparison, variant: Variant, name: str) -> float | None:
    after, before = (_ceiling(comparison, one, name) for one in (variant, comparison.variants[0]))
    return None if after is None or before is None else after - before


def _ceiling(comparison: Comparison, variant: Variant, name: str) -> float | None:
    """Find the ceiling of a score; a box has none."""
    if comparison.ceilings is None or variant.resolution is None or name not in _CEILINGS:
        return None
    head, metric = _CEILINGS[name]
    sides = {one.resolution: one for one in comparison.ceilings.by_resolution}
    numbers = sides[variant.resolution].mask if head == "mask" else sides[variant.resolution].boundary
    return numbers[metric]


def _spot(group: int, place: int, places: int) -> float:
    """Place the values of a group side by side."""
    return group + _GROUP * ((place + 0.5) / places - 0.5)


def _spaced(count: int) -> np.ndarray:
    """Spread seeds beside each other, so that equal scores do not cover each other."""
    return np.linspace(-0.7, 0.7, count) if count > 1 else np.zeros(1)
