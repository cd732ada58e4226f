"""Prediction beside truth."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rehead.reporting import palette
from rehead.reporting.gallery import write_overlays
from rehead.reporting.sheets import compose_comparison
from tests.reporting import scored

PANE = np.full((480, 480, 3), 128, dtype=np.uint8)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scored.draw_images(tmp_path_factory.mktemp("images"))


def write(out: Path, images: Path, *, limit: int = 12) -> list[Path]:
    return write_overlays(out, scored.truth(), scored.results(), images, analysis=scored.analysis(), limit=limit)


def test_the_worst_picture_is_written_first(images: Path, tmp_path: Path) -> None:
    assert [path.name for path in write(tmp_path, images)] == ["worst-9.png", "worst-7.png", "best-8.png"]


def test_no_more_pictures_are_written_than_were_asked_for(images: Path, tmp_path: Path) -> None:
    write(tmp_path, images, limit=1)
    assert [path.name for path in tmp_path.iterdir()] == ["worst-9.png"]


def test_no_picture_is_written_where_none_is_asked_for(images: Path, tmp_path: Path) -> None:
    assert write(tmp_path, images, limit=0) == []


def test_a_detection_under_the_threshold_of_its_class_is_not_drawn(images: Path, tmp_path: Path) -> None:
    above = [one for one in scored.results() if one["score"] >= scored.THRESHOLDS[scored.CLASSES[one["category_id"]]]]
    write(tmp_path / "all", images)
    write_overlays(tmp_path / "above", scored.truth(), above, images, analysis=scored.analysis(), limit=12)
    assert (tmp_path / "all" / "worst-7.png").read_bytes() == (tmp_path / "above" / "worst-7.png").read_bytes()


def test_both_panes_and_a_legend_fit_the_sheet(tmp_path: Path) -> None:
    sheet = compose_comparison(PANE, PANE, {1: "circle"}, names={1: "circle", 2: "star"})
    assert (sheet[-38:] == palette.colour(0)).all(axis=2).any()


def test_a_single_class_needs_no_legend() -> None:
    assert compose_comparison(PANE, PANE, {1: "nucleus"}, names={1: "nucleus"}).shape == (516, 972, 3)


def test_a_legend_of_many_classes_grows_in_rows() -> None:
    names = {number: f"a rather long class {number}" for number in range(30)}
    few = compose_comparison(PANE, PANE, {1: names[1]}, names=names).shape[0]
    assert compose_comparison(PANE, PANE, names, names=names).shape[0] > few + 60


def test_a_written_comparison_is_a_readable_png(images: Path, tmp_path: Path) -> None:
    with Image.open(write(tmp_path, images)[0]) as sheet:
        assert sheet.size[0] == 2 * 480 + 12
