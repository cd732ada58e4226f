"""What a dataset is like, drawn."""

from pathlib import Path

import numpy as np
import pytest

from rehead.coco.measurements import Measurements, measure
from rehead.reporting.data_figures import draw_data_figures, plot_classes, plot_objects
from tests.reporting.datasets import squares


def _splits(names: tuple[str, ...] = ("circle", "star"), *, objects: int = 3) -> dict[str, Measurements]:
    own = [(2 * place % 40, 3, 8) for place in range(objects)]
    return {name: measure([squares({f"{name}.png": own}, names=names)]) for name in ("train", "val")}


def _rows(names: tuple[str, ...], *, objects: int = 3) -> list[str]:
    figure = plot_classes(_splits(names, objects=objects))
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_the_most_frequent_class_is_on_top() -> None:
    assert _rows(("star", "circle", "square"), objects=4) == ["star", "circle", "square"]


def test_of_many_classes_both_ends_are_drawn() -> None:
    names = tuple(f"class {number}" for number in range(80))
    rows = _rows(names, objects=30)
    assert (len(rows), rows[0], rows[-1]) == (40, "class 0", "class 79")


def test_classes_that_are_left_out_are_counted() -> None:
    axes = plot_classes(_splits(tuple(map(str, range(80))))).axes[0]
    assert any("40 classes between" in text.get_text() for text in axes.texts)


def test_a_class_name_that_turns_its_line_around_is_escaped() -> None:
    assert _rows(("bidi\u202eeman",)) == ["bidi\\u202eeman"]


def test_splits_are_told_apart_by_a_legend() -> None:
    legend = plot_objects(_splits()).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["train", "val"]


def test_a_single_split_needs_no_legend() -> None:
    assert plot_objects({"all": _splits()["train"]}).legends == []


def test_the_shares_of_small_medium_and_large_are_written_above_the_sizes() -> None:
    texts = [text.get_text() for text in plot_objects(_splits()).axes[0].texts]
    assert texts == ["small\n100\u202f%", "medium\n0\u202f%", "large\n0\u202f%"]


def test_a_narrow_figure_has_one_column() -> None:
    wide, narrow = (plot_objects(_splits(), columns=columns) for columns in (2, 1))
    assert narrow.get_figwidth() == wide.get_figwidth() / 2


def test_tiles_show_objects_larger_than_the_whole_image_does() -> None:
    lines = (plot_objects(_splits(), tile=tile).axes[1].lines[2] for tile in (None, 24))
    whole, tiles = (np.asarray(line.get_ydata())[0] for line in lines)
    assert (whole, tiles) == (0.0, 1.0)


def test_no_object_is_no_figure() -> None:
    with pytest.raises(ValueError, match="splits hold no object"):
        plot_objects({"train": measure([squares({"a.png": []})])})


def test_letters_that_the_font_lacks_are_no_failure(tmp_path: Path) -> None:
    draw_data_figures(tmp_path, _splits(("円", "星")))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["classes.png", "objects.png"]


def test_every_label_lies_inside_the_figure() -> None:
    figure = plot_classes(_splits(("a class with a name of forty letters and", "b")))
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    assert box is not None
    assert (box.x0 >= 0, box.x1 <= figure.get_figwidth()) == (True, True)
