"""What a dataset is like, drawn: objects by class and split, and panels about sizes, crowding, shapes and places."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch

from rehead.reporting import data_panels
from rehead.reporting.data_panels import Colours, Splits
from rehead.reporting.figures import LONGEST_NAME, STYLE, write_figure
from rehead.reporting.wording import plain, shortened

_SPLIT_COLOURS = {"train": "#0072B2", "val": "#E69F00", "test": "#009E73"}
_OTHER = "#0072B2"
_FREQUENT, _RAREST = 28, 12


def draw_data_figures(folder: Path, splits: Splits, *, tile: int | None = None) -> None:
    """Draw `folder`/classes.png and `folder`/objects.png."""
    write_figure(folder / "classes.png", plot_classes(splits))
    write_figure(folder / "objects.png", plot_objects(splits, tile=tile))


def plot_classes(splits: Splits) -> Figure:
    """Plot objects by class as bars, most frequent on top, split by colour; of over 40 classes 28 and the 12 rarest."""
    names = next(iter(splits.values())).classes
    counts = {name: np.bincount(one.label_m, minlength=len(names)) for name, one in splits.items()}
    total = np.sum(list(counts.values()), axis=0)
    order = np.argsort(-total, kind="stable")
    left_out = max(0, len(order) - _FREQUENT - _RAREST)
    shown = np.concatenate((order[:_FREQUENT], order[_FREQUENT + left_out :]))
    rows = np.arange(len(shown)) + ((np.arange(len(shown)) >= _FREQUENT) if left_out else 0)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 1.3 + 0.27 * (rows[-1] + 1)), layout="constrained")
        axes = figure.subplots()
        start = np.zeros(len(shown))
        for name, numbers in counts.items():
            axes.barh(rows, numbers[shown], left=start, height=0.7, color=split_colour(name))
            start += numbers[shown]
        for row, number in zip(rows, total[shown], strict=True):
            axes.annotate(plain(int(number)), (number, row), (5, 0), textcoords="offset points", va="center", size=8.5)
        axes.set_yticks(rows, [shortened(names[at], longest=LONGEST_NAME) for at in shown], parse_math=False)
        axes.set(ylim=(rows[-1] + 0.6, -0.6), xlim=(0, 1.14 * max(1, total.max())), xlabel="objects")
        if left_out:
            axes.text(0, _FREQUENT, f"  … {left_out} classes between …", va="center", size=8.5)
        _finish_classes(axes, total, left_out)
        _add_legend(figure, splits)
    return figure


def plot_objects(splits: Splits, *, columns: int = 2, tile: int | None = None) -> Figure:
    """Plot sizes, what each input size shows, crowding, shapes, places and image sizes; `columns` is 1 for a phone.

    `tile` is the side in pixels of the tiles that the network sees of larger images. Raises ValueError if there is no
    object.
    """
    if not any(len(one.areas_m) for one in splits.values()):
        raise ValueError("splits hold no object: there is nothing to draw")
    panels: tuple[Callable[[Axes, Splits, Colours], None], ...] = (
        data_panels.plot_sizes,
        partial(data_panels.plot_seen, tile=tile),
        data_panels.plot_crowding,
        data_panels.plot_aspects,
        data_panels.plot_places,
        data_panels.plot_images,
    )
    rows, colours = -(-len(panels) // columns), {name: split_colour(name) for name in splits}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6 * columns, 3.2 * rows), layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1))
        for axes, plot in zip(figure.subplots(rows, columns, squeeze=False).ravel(), panels, strict=True):
            plot(axes, splits, colours)
        _add_legend(figure, splits)
    return figure


def split_colour(split: str) -> str:
    """Return the colour of a split."""
    return _SPLIT_COLOURS.get(split, _OTHER)


def _finish_classes(axes: Axes, total: np.ndarray, left_out: int) -> None:
    number = len(total)
    title = f"Objects in {plain(number)} class{'' if number == 1 else 'es'}"
    axes.set_title(f"{title}: the {_FREQUENT} most frequent and the {_RAREST} rarest" if left_out else title)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.set_axisbelow(True)


def _add_legend(figure: Figure, splits: Splits) -> None:
    """Name the splits' colours; where there is one split alone, there is nothing to tell apart."""
    if len(splits) > 1:
        patches = [Patch(color=split_colour(name), label=name) for name in splits]
        figure.legend(handles=patches, loc="outside upper right", ncols=len(patches))
