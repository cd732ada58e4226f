"""Pictures of a study: how the best score grew, and how much each parameter mattered."""

from itertools import accumulate
from pathlib import Path

import optuna
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rehead.tuning.result import StudyResult

_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#8a8a8a"
_TRIALS_TO_WEIGH = 4  # completed ones, below which an importance is noise


def draw_study(study: optuna.Study, result: StudyResult, folder: Path) -> None:
    """Write history.png and importance.png into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    _draw_history(result, folder / "history.png")
    _draw_importance(_importances(study, result), folder / "importance.png")


def _draw_history(result: StudyResult, path: Path) -> None:
    """Plot each trial's best mask AP by how it ended, and the winner so far."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    done = [(record.number, record.mask_AP) for record in result.history if record.state == "complete"]
    cut = [(record.number, record.mask_AP) for record in result.history if record.state == "pruned" and record.epochs]
    lost = [record.number for record in result.history if record.mask_AP is None or record.state == "fail"]
    if done:
        numbers, scores = zip(*done, strict=True)
        axes.step(numbers, list(accumulate(scores, max)), where="post", color=_BLUE, alpha=0.4, label="best so far")
        axes.scatter(numbers, scores, color=_BLUE, zorder=3, label="completed")
    if cut:
        axes.scatter(*zip(*cut, strict=True), color=_GREY, marker="x", zorder=3, label="pruned (score so far)")
    if lost:
        axes.scatter(lost, [0.0] * len(lost), color=_ORANGE, marker="v", zorder=3, clip_on=False, label="no score")
    axes.set(
        xlabel="trial",
        ylabel="validation mask AP",
        title=f"{len(result.history)} trials, best {result.best_mask_AP:.3f}",
    )
    axes.set_ylim(bottom=0.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    _finish(figure, axes, path)


def _draw_importance(importances: dict[str, float], path: Path) -> None:
    """Plot each parameter's share of what the scores vary by."""
    figure = Figure(figsize=(7, 1.6 + 0.4 * max(len(importances), 1)), layout="constrained")
    axes = figure.subplots()
    names = list(importances)[::-1]
    bars = axes.barh(names, [importances[name] for name in names], color=_BLUE)
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set(xlabel="share of the variation of mask AP (PED-ANOVA)", xlim=(0, 1.1), title="Which parameter mattered")
    if not importances:
        axes.text(0.55, 0.5, f"needs {_TRIALS_TO_WEIGH} completed trials of differing score", ha="center", va="center")
        axes.set_yticks([])
        axes.set_ylim(0, 1)
    _finish(figure, axes, path)


def _importances(study: optuna.Study, result: StudyResult) -> dict[str, float]:
    """Compute the importances, largest first; empty while there is too little to tell."""
    scores = [record.mask_AP for record in result.history if record.state == "complete"]
    if len(scores) < _TRIALS_TO_WEIGH or len(set(scores)) == 1:
        return {}
    return dict(optuna.importance.get_param_importances(study))


def _finish(figure: Figure, axes: Axes, path: Path) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    figure.savefig(path, dpi=120)
