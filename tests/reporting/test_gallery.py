"""Prediction beside truth."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from rehead.reporting import palette
from rehead.reporting.gallery import write_overlays
from rehead.reporting.sheets import compose_comparison

PANE = np.full((480, 480, 3), 128, dtype=np.uint8)


def test_the_worst_picture_is_written_first_and_the_best_last(
    truth: dict[str, Any], results: list[dict[str, Any]], images: Path, tmp_path: Path
) -> None:
    overlays = write_overlays(tmp_path / "out", truth, results, images, worst=1, best=1)
    assert [(one.group, one.path.name) for one in overlays] == [("worst", "worst-7.png"), ("best", "best-8.png")]


def test_no_picture_is_both_worst_and_best(
    truth: dict[str, Any], results: list[dict[str, Any]], images: Path, tmp_path: Path
) -> None:
    overlays = write_overlays(tmp_path / "out", truth, results, images, worst=2, best=2)
    assert len({one.path for one in overlays}) == len(overlays) == 2


def test_the_panes_of_the_page_outlive_the_folder(
    truth: dict[str, Any], results: list[dict[str, Any]], images: Path, tmp_path: Path
) -> None:
    overlay = write_overlays(tmp_path / "out", truth, results, images)[0]
    overlay.path.unlink()
    assert overlay.truth_webp[8:12] == overlay.prediction_webp[8:12] == b"WEBP"


def test_both_panes_and_a_legend_fit_the_sheet(tmp_path: Path) -> None:
    sheet = compose_comparison(PANE, PANE, {1: "circle"}, names={1: "circle", 2: "star"})
    assert (sheet[-38:] == palette.colour(0)).all(axis=2).any()


def test_a_single_class_needs_no_legend() -> None:
    assert compose_comparison(PANE, PANE, {1: "nucleus"}, names={1: "nucleus"}).shape == (516, 972, 3)


def test_a_legend_of_many_classes_grows_in_rows() -> None:
    names = {number: f"a rather long class {number}" for number in range(30)}
    few = compose_comparison(PANE, PANE, {1: names[1]}, names=names).shape[0]
    assert compose_comparison(PANE, PANE, names, names=names).shape[0] > few + 60


def test_a_written_comparison_is_a_readable_png(
    truth: dict[str, Any], results: list[dict[str, Any]], images: Path, tmp_path: Path
) -> None:
    with Image.open(write_overlays(tmp_path / "out", truth, results, images)[0].path) as sheet:
        assert sheet.size[0] == 2 * 480 + 12
