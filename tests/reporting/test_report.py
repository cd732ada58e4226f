"""The page: whole, self-contained, honest about what is missing."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rehead.reporting.report import write_report

VOID = {"meta", "link", "img", "source", "br"}


class Tags(HTMLParser):
    """Collects what a browser would load, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.names: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "srcset", "data")]
        self.loads += [value or "" for name, value in attrs if name == "href" and tag == "link"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(evaluation: dict[str, Any], history: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "index.html"
    Image.new("RGB", (8, 8)).save(path.with_name("shift.png"))
    write_report(
        path,
        evaluation=evaluation,
        training={"best_epoch": 1, "run_id": "run-1"},
        ingest={"images": 9, "annotations": 33, "categories": ["circle"], "splits": {"train": {"images": 7}}},
        roi_align={"boxes": 163, "agrees": True, "max_abs_diff": 2.5e-7, "roi_pool_max_shift_px": 15.5},
        tuning={"trials": 3, "best": {"train.lr": 0.01}},
        params={"register": {"name": "fruit"}, "train": {"lr": 0.001}},
        lineage={"git.commit": "c0ffee"},
        history=history,
        figures={"roi_align": path.with_name("shift.png")},
    )
    return path.read_text(encoding="utf-8")


def test_the_page_loads_nothing_from_outside(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert tags.loads
    assert [load[:40] for load in tags.loads if not load.startswith("data:")] == []


def test_the_page_runs_no_script(page: str) -> None:
    assert "<script" not in page.lower()


def test_the_style_sheet_fetches_nothing(page: str) -> None:
    assert re.findall(r"url\(|@import", page) == []


def test_every_element_is_closed(page: str) -> None:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []


@pytest.mark.parametrize("text", ["0.717", "0.646", "0.612", "5f" * 32, "2.5e-07", "15.5", "c0ffee", "fruit@champion"])
def test_the_page_shows(page: str, text: str) -> None:
    assert text in page


def test_a_class_name_is_text_and_never_markup(page: str) -> None:
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page


def test_an_undefined_number_is_a_dash_with_its_reason(page: str) -> None:
    assert "Undefined: the test split holds no object above 96² pixels." in page
    assert 'title="the test split holds no object above 96² pixels"' in page


def test_the_curves_come_in_two_widths(page: str) -> None:
    assert page.count("data:image/svg+xml;base64,") == 2


def test_missing_parts_are_left_out(evaluation: dict[str, Any], tmp_path: Path) -> None:
    write_report(tmp_path / "index.html", evaluation=evaluation)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'id="(training|tuning|roi-align|data|images|parameters)"', page)


def test_a_test_split_shared_with_validation_is_not_called_unseen(evaluation: dict[str, Any], tmp_path: Path) -> None:
    same = evaluation | {"dataset": evaluation["dataset"] | {"same_as": "val"}}
    write_report(tmp_path / "index.html", evaluation=same)
    assert "unseen" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_test_split_that_the_source_brought_is_unseen_whatever_the_parameter_says(
    evaluation: dict[str, Any], tmp_path: Path
) -> None:
    write_report(tmp_path / "index.html", evaluation=evaluation, params={"data": {"test": "val"}})
    assert "2 unseen images" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_an_evaluation_in_which_nothing_is_defined_still_makes_a_page(
    evaluation: dict[str, Any], tmp_path: Path
) -> None:
    empty = dict.fromkeys(evaluation["box"])
    write_report(tmp_path / "index.html", evaluation=evaluation | {"box": empty, "mask": empty})
    assert ">–</abbr>" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_page_about_the_data_is_linked_where_it_lies_beside(evaluation: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "ingest.html").write_text("")
    write_report(tmp_path / "index.html", evaluation=evaluation, ingest={"images": 9})
    assert 'href="ingest.html"' in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_no_page_about_the_data_is_no_link(evaluation: dict[str, Any], tmp_path: Path) -> None:
    write_report(tmp_path / "index.html", evaluation=evaluation, ingest={"images": 9})
    assert "ingest.html" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_scores_by_tiles_are_told_from_scores_of_images_seen_at_once(
    evaluation: dict[str, Any], tmp_path: Path
) -> None:
    write_report(tmp_path / "index.html", evaluation=evaluation | {"tile": {"size": 640, "overlap": 0.3}})
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "predicted by tiles of 640 pixels that share 30\u202f%" in page


def test_a_missing_interval_is_told_with_its_reason(evaluation: dict[str, Any], tmp_path: Path) -> None:
    few = {"mask": {"AP": None}, "confidence": 0.999, "doubts": ["1 image holds <objects>."]}
    box = {"box": {"AP": [0.7, 0.8]}}
    write_report(tmp_path / "page.html", evaluation=evaluation | {"intervals": few | box})
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<p class="soft note">1 image holds &lt;objects&gt;.</p>' in page
    assert re.findall(r">([^<>]+) interval", page) == ["99.9\u202f%"]
