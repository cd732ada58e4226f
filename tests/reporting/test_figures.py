"""Curves and bars."""

from pathlib import Path

import pytest
from PIL import Image

from rehead.reporting.figures import (
    draw_training_curves,
    plot_class_precision,
    plot_training,
    read_history,
    render_svg,
    write_figure,
)


def test_an_empty_cell_of_the_history_is_none(history: Path) -> None:
    assert read_history(history)[1]["val_mask_AP"] is None


def test_the_curves_become_a_png_of_good_resolution(history: Path, tmp_path: Path) -> None:
    with Image.open(draw_training_curves(history, tmp_path / "figures")) as picture:
        assert picture.size == (1472, 992)


def test_the_best_epoch_stands_in_the_title(history: Path) -> None:
    titles = [axes.get_title(loc="left") for axes in plot_training(read_history(history)).axes]
    assert "Validation AP, best mask 0.100 in epoch 1" in titles


def test_of_epochs_with_the_same_score_that_with_the_least_loss_is_marked(history: Path) -> None:
    [row, *_] = read_history(history)
    rows = [row | {"epoch": number, "val_mask_AP": 0.0, "val_loss": loss} for number, loss in ((1.0, 2.0), (2.0, 1.0))]
    titles = [axes.get_title(loc="left") for axes in plot_training(rows).axes]
    assert "Validation AP, best mask 0.000 in epoch 2" in titles


def test_a_history_without_validation_says_so(history: Path) -> None:
    rows = [row | {"val_mask_AP": None, "val_box_AP": None} for row in read_history(history)]
    assert "Validation AP (not measured)" in [axes.get_title(loc="left") for axes in plot_training(rows).axes]


def test_the_loss_in_validation_stands_beside_that_of_training_where_it_was_measured(history: Path) -> None:
    rows = read_history(history)
    assert len(plot_training(rows).axes[0].lines) == 1
    lines = plot_training([row | {"val_loss": 2.5} for row in rows]).axes[0].lines
    assert [line.get_label() for line in lines] == ["training", "validation"]


def test_one_figure_gives_the_same_svg_twice(history: Path) -> None:
    rows = read_history(history)
    assert render_svg(plot_training(rows, columns=1)) == render_svg(plot_training(rows, columns=1))


def test_no_epoch_is_no_curve() -> None:
    with pytest.raises(ValueError, match="history holds no epoch"):
        plot_training([])


def test_the_weakest_class_is_on_top() -> None:
    figure = plot_class_precision({"good": {"mask_AP": 0.9, "box_AP": 0.9}, "bad": {"mask_AP": 0.1, "box_AP": 0.9}})
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["bad", "good"]


def test_a_class_name_that_looks_like_a_formula_is_drawn_as_it_is(tmp_path: Path) -> None:
    write_figure(tmp_path / "bars.png", plot_class_precision({r"$\nonsense{$": {"mask_AP": None, "box_AP": 0.5}}))
    assert (tmp_path / "bars.png").stat().st_size > 0


def test_every_label_lies_inside_the_figure() -> None:
    figure = plot_class_precision({"a class with a name of forty letters and": {"mask_AP": 1.0, "box_AP": 1.0}})
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    assert box is not None
    assert box.x0 >= 0
    assert box.x1 <= figure.get_figwidth()
