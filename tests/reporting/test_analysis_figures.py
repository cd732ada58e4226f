import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from rehead.reporting.analysis_figures import (
    FIGURES,
    TABLES,
    draw_by_iou,
    draw_calibration,
    draw_confusion,
    draw_counting,
    draw_errors,
    draw_precision,
    draw_thresholds,
    write_analysis_figures,
    write_analysis_tables,
)
from tests.reporting.analyses import sample_analysis

MANY = [f"class {place}" for place in range(50)]


def lines_of(figure: Figure, *, panel: int = 0) -> dict[str, tuple[list[float], list[float]]]:
    """Give the named lines of a panel."""
    lines = figure.axes[panel].get_lines()
    named = [line for line in lines if not str(line.get_label()).startswith("_")]
    points = {str(one.get_label()): np.asarray(one.get_xydata()) for one in named}
    return {name: (xy[:, 0].tolist(), xy[:, 1].tolist()) for name, xy in points.items()}


def table(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


@pytest.mark.slow
def test_every_figure_is_written_as_a_picture(tmp_path: Path) -> None:
    paths = write_analysis_figures(sample_analysis(["nut", "bolt"]), tmp_path)
    assert [path.stem for path in paths] == list(FIGURES)
    for path in paths:
        with Image.open(path) as picture:
            assert min(picture.size) > 500


def test_parts_that_an_analysis_leaves_out_are_left_out(tmp_path: Path) -> None:
    few = {"by_iou": sample_analysis(["nut"])["by_iou"], "curves": None}
    assert write_analysis_figures(few, tmp_path) == [tmp_path / "by_iou.png"]
    assert write_analysis_tables(few, tmp_path) == [tmp_path / "by_iou.csv"]


@pytest.mark.parametrize("name", FIGURES)
def test_what_is_undefined_is_no_reason_to_fail(name: str) -> None:
    found = sample_analysis(["nut", "bolt"])
    found["curves"]["mask"]["classes"]["bolt"] = {"precision50": None, "precision75": None, "score50": None}
    found["score_curves"]["classes"]["bolt"] = {"score": [], "precision": [], "recall": [], "f1": []}
    found["by_iou"] |= {"mask_true_boxes": None, "boundary": [None] * 10}
    found["errors"]["box"]["types"]["missed"]["cost"] = None
    found["calibration"] = {"bins": [], "expected_error": None}
    found["counting"] = {"images": [], "exact_share": None, "mean_absolute_error": None}
    found["confusion"]["counts"] = [[0] * 3] * 3
    assert FIGURES[name][1](found).axes


def test_each_head_s_ap_stands_over_its_iou() -> None:
    by_iou: dict[str, Any] = {"iou": [0.5, 0.55], "box": [0.9, 0.8], "mask": [0.7, None], "mask_ceiling": [1.0, 0.9]}
    lines = lines_of(draw_by_iou({"by_iou": by_iou}))
    assert list(lines) == ["box", "mask", "mask ceiling"]
    assert lines["box"] == ([0.5, 0.55], [0.9, 0.8])
    assert np.isnan(lines["mask"][1][1])


def test_precision_ends_where_recall_does() -> None:
    curve = {"precision50": [1.0, 0.5, 0.0], "precision75": [1.0, 0.0, 0.0]}
    figure = draw_precision({"curves": {"mask": {"all": curve, "classes": {"all": curve, "nut": curve}}}})
    recall, precision = lines_of(figure)["mask, IoU 0.50"]
    assert (recall, precision[:2]) == ([0.0, 0.5, 1.0], [1.0, 0.5])
    assert np.isnan(precision[2])
    assert list(lines_of(figure, panel=1)) == ["all", "nut"]


def test_of_many_classes_the_weakest_are_named() -> None:
    found = sample_analysis(MANY)
    for step in (1, 2):
        found["curves"]["mask"]["classes"][MANY[-step]]["precision50"] = [0.1 * step] * 101
    assert list(lines_of(draw_precision(found), panel=1))[:2] == [MANY[-1], MANY[-2]]
    assert len(lines_of(draw_precision(found), panel=1)) == 6


def test_a_threshold_s_dot_lies_on_its_class_s_curve() -> None:
    falling = {"score": [0.8, 0.4], "precision": [1, 1], "recall": [1, 1], "f1": [0.6, 0.4]}
    score_curves = {"all": falling, "classes": {"nut": falling}}
    figure = draw_thresholds({"score_curves": score_curves, "thresholds": {"nut": 0.6}})
    (dot,) = [line for line in figure.axes[1].get_lines() if line.get_marker() == "o"]
    assert dot.get_xydata() == pytest.approx(np.array([[0.6, 0.5]]))


def test_a_cell_shows_the_share_of_its_class_s_objects() -> None:
    counts = [[6, 2, 2], [0, 5, 0], [5, 10, 0]]
    axes = draw_confusion({"confusion": {"classes": ["nut", "bolt", "background"], "counts": counts}}).axes[0]
    (picture,) = axes.get_images()
    assert np.asarray(picture.get_array()) == pytest.approx(np.array([[0.6, 0.2, 0.2], [0, 1, 0], [0.5, 1, 0]]))
    assert [text.get_text() for text in axes.texts] == ["6", "2", "2", "5", "5", "10"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["nut", "bolt", "claims no object"]


def test_of_fifty_classes_the_forty_with_most_mistakes_are_drawn() -> None:
    counts = np.diag(np.full(51, 9))
    counts[-1, 10:50] = 3
    axes = draw_confusion({"confusion": {"classes": [*MANY, "background"], "counts": counts}}).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [*MANY[10:], "claims no object"]
    assert "the 40 classes of 50 with most mistakes" in axes.get_title("left")


def test_each_kind_of_error_has_a_bar_of_its_cost() -> None:
    types = {kind: {"count": 3, "cost": cost} for kind, cost in (("class", 0.02), ("both", 0.01), ("missed", None))}
    axes = draw_errors({"errors": {"mask": {"types": types}}}).axes[0]
    longest, half, none = (patch.get_window_extent().width for patch in axes.patches)
    assert half / longest == pytest.approx(0.5)
    assert none == 0
    assert [text.get_text() for text in axes.texts] == ["0.020", "0.010", "undefined"]


def test_bins_without_detections_are_left_out() -> None:
    bins = [{"score": 0.15, "precision": None, "count": 0}, {"score": 0.85, "precision": 0.7, "count": 9}]
    axes = draw_calibration({"calibration": {"bins": bins, "expected_error": 0.15}}).axes[0]
    assert np.asarray(axes.collections[0].get_offsets()).tolist() == [[0.85, 0.7]]
    assert "off by 0.150 on average" in axes.get_title("left")


def test_images_with_the_same_counts_share_a_dot() -> None:
    images = [{"true": 3, "predicted": 4}] * 5 + [{"true": 2, "predicted": 2}]
    figure = draw_counting({"counting": {"images": images, "exact_share": 1 / 6, "mean_absolute_error": 5 / 6}})
    (dots,) = figure.axes[0].collections
    assert np.asarray(dots.get_offsets()).tolist() == [[2, 2], [3, 4]]
    assert figure.axes[0].get_title("left") == "Counting: 17\u202f% of images exact, off by 0.83 on average"


def test_every_table_is_written_with_a_header(tmp_path: Path) -> None:
    found = sample_analysis(["nut", "bolt"])
    paths = write_analysis_tables(found, tmp_path)
    assert [path.stem for path in paths] == list(TABLES)
    assert table(tmp_path / "precision_recall.csv")[:2] == [["recall", "box", "mask"], ["0.0", "1.0", "1.0"]]
    assert len(table(tmp_path / "precision_recall.csv")) == 102
    assert table(tmp_path / "by_iou.csv")[0] == ["iou", "box", "mask", "boundary", "mask_true_boxes", "mask_ceiling"]


def test_the_table_of_confusions_has_a_row_for_each_object_and_invention(tmp_path: Path) -> None:
    counts = [[2, 1, 0], [0, 0, 1], [1, 0, 0]]
    write_analysis_tables({"confusion": {"classes": ["nut", "bolt", "background"], "counts": counts}}, tmp_path)
    assert table(tmp_path / "confusion.csv") == [
        ["true", "predicted"],
        ["nut", "nut"],
        ["nut", "nut"],
        ["nut", "bolt"],
        ["bolt", "background"],
        ["background", "nut"],
    ]
