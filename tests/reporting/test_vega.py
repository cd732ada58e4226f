"""The script that draws charts, and the page of DVC's plots."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehead.reporting.charts import plot_by_iou
from rehead.reporting.vega import draw_svgs, vega_script, write_plots_template

SPEC = plot_by_iou({"iou": [0.5, 0.75], "box": [0.9, 0.6]})


@pytest.mark.slow
def test_a_chart_is_drawn_without_a_browser_in_the_pages_own_colours() -> None:
    assert 'stroke="var(--box)"' in draw_svgs({"one": SPEC})["one"]


def test_no_chart_is_no_work() -> None:
    assert draw_svgs({}) == {}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of the user's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    vega_script.cache_clear()
    yield tmp_path / "rehead"
    vega_script.cache_clear()


@pytest.mark.slow
def test_the_script_is_made_once_and_kept(kept: Path) -> None:
    script = vega_script()
    assert [file.read_text(encoding="utf-8") for file in kept.iterdir()] == [script]


@pytest.mark.slow
def test_a_home_that_cannot_be_written_to_is_no_obstacle(kept: Path) -> None:
    kept.write_text("a file where the folder should be")
    assert "vegaEmbed" in vega_script()


@pytest.mark.slow
def test_nothing_in_the_script_ends_it_early() -> None:
    assert "</script" not in vega_script().lower()


@pytest.mark.slow
def test_the_template_of_dvc_holds_its_marks_once_and_no_address_of_a_script(tmp_path: Path) -> None:
    write_plots_template(tmp_path / "plots.html")
    text = (tmp_path / "plots.html").read_text(encoding="utf-8")
    marks = [text.count(mark) for mark in ("{plot_divs}", "{refresh_tag}", "{scripts}", "<script src")]
    assert marks == [1, 1, 0, 0]
