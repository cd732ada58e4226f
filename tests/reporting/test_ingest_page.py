"""The page about a dataset: a verdict, faults with cures, numbers and pictures, whatever names the data bring."""

import re
from pathlib import Path
from typing import Any

import pytest

from rehead.coco.checking import CheckReport, report_on
from rehead.coco.faults import FaultLog
from rehead.coco.records import Dataset
from rehead.reporting.contact_sheet import draw_tiles
from rehead.reporting.ingest_page import draw_pictures, write_ingest_page
from tests.reporting.datasets import squares
from tests.reporting.test_report import Tags

HOSTILE = (
    "<script>alert(1)</script>",
    "bidi\u202eman",
    "x" * 10_000,
    "bell\x07\x1b[31m",
    '"><img src=x onerror=alert(1)>',
)


def _found(log: FaultLog, splits: dict[str, Dataset]) -> CheckReport:
    return report_on("coco/fruits", splits, log)


def _page(path: Path, report: dict[str, Any], splits: dict[str, Dataset], **more: Any) -> str:
    write_ingest_page(path / "ingest.html", report, splits=splits, **more)
    return (path / "ingest.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of an ingested dataset with one fault repaired, and its contact sheet."""
    folder = tmp_path_factory.mktemp("sound")
    splits = {name: squares({f"{name}.png": [(2, 2, 9), (20, 9, 30)]}, folder=folder) for name in ("train", "val")}
    log = FaultLog()
    log.add("area-missing", "train.json", "annotations[3].area", "annotations[3] has no area")
    report = _found(log, splits).described()
    report["splits"] = {"train": {"images": 1, "annotations": 2, "how": "given", "fingerprint": "5f" * 32}}
    return _page(folder, report, splits, tiles=draw_tiles(splits))


@pytest.fixture(scope="module")
def rejected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a dataset whose names are hostile and of which nothing could be drawn."""
    log = FaultLog()
    for number in range(25):
        log.add("file-missing", "a.json", f"images[{number}].file_name", f"no file {HOSTILE[0]}", value=HOSTILE[0])
    for name in HOSTILE:
        log.add("category-name-unsafe", name, name, name, value=name)
    return _page(tmp_path_factory.mktemp("rejected"), _found(log, {}).described(), {})


@pytest.mark.parametrize(
    "text",
    ["usable", "1 fault: 1 put right in the copy.", "annotations[3].area", "write the object&#39;s area", "5f" * 6],
)
def test_the_page_of_a_usable_dataset_tells(sound: str, text: str) -> None:
    assert text in sound


@pytest.mark.parametrize("section", ["splits", "faults", "statistics", "classes", "figures", "pictures"])
def test_a_usable_dataset_has_every_section(sound: str, section: str) -> None:
    assert f'<section id="{section}"' in sound


def test_the_pictures_are_in_the_page_with_their_reasons(sound: str) -> None:
    assert sound.count("data:image/webp;base64,") == len(re.findall(r"<figcaption><b>", sound)) > 4


@pytest.mark.parametrize("page", ["sound", "rejected"])
def test_the_page_loads_nothing_and_runs_nothing(page: str, request: pytest.FixtureRequest) -> None:
    tags = Tags()
    tags.feed(request.getfixturevalue(page))
    assert (tags.open, "script" in tags.names) == ([], False)
    assert [load[:40] for load in tags.loads if not load.startswith("data:")] == []


@pytest.mark.parametrize("text", ["25 faults must be put right first", "file-missing: drop", "images[19].file_name"])
def test_the_page_of_a_rejected_dataset_says_what_to_do(rejected: str, text: str) -> None:
    assert text in rejected


def test_the_first_twenty_of_a_kind_are_listed_and_the_rest_counted(rejected: str) -> None:
    assert ("images[20].file_name" in rejected, "5 more of this kind" in rejected) == (False, True)


def test_hostile_names_are_text_and_never_markup(rejected: str) -> None:
    tags = Tags()
    tags.feed(rejected)
    assert (set(tags.names) & {"script", "img"}, "&lt;script&gt;" in rejected) == (set(), True)


def test_nothing_invisible_reaches_the_page(rejected: str) -> None:
    assert [mark for mark in ("\u202e", "\x07", "\x1b") if mark in rejected] == []


def test_a_name_of_ten_thousand_letters_is_cut(rejected: str) -> None:
    assert "x" * 500 not in rejected


def test_what_could_not_be_read_has_no_statistics_and_no_pictures(rejected: str) -> None:
    assert re.findall(r'<section id="(?:statistics|classes|figures|pictures)"', rejected) == []


def test_hostile_classes_and_files_make_a_page_too(tmp_path: Path) -> None:
    splits = {"train": squares({name: [(2, 2, 9)] for name in HOSTILE}, names=HOSTILE, folder=tmp_path)}
    page = _page(tmp_path, _found(FaultLog(), splits).described(), {}, tiles=draw_tiles(splits))
    assert ("<script" in page, "\u202e" in page, "x" * 500 in page) == (False, False, False)


def test_a_dataset_without_objects_has_no_figures(tmp_path: Path) -> None:
    splits = {"train": squares({"a.png": []})}
    assert 'id="figures"' not in _page(tmp_path, _found(FaultLog(), splits).described(), splits)


def test_categories_that_differ_between_splits_make_a_page_too(tmp_path: Path) -> None:
    splits = {"train": squares({"a.png": [(2, 2, 9)]}, names=("a",)), "val": squares({"b.png": [(2, 2, 9)] * 2})}
    page = _page(tmp_path, _found(FaultLog(), splits).described(), {})
    assert re.findall(r'<span class="name">(\w+)</span>', page) == ["a", "star"]


def test_the_pictures_are_written_as_files_as_well(tmp_path: Path) -> None:
    splits = {"train": squares({"a.png": [(2, 2, 9), (9, 9, 20)]}, folder=tmp_path)}
    (tmp_path / "out").mkdir()
    report = _found(FaultLog(), splits).described()
    draw_pictures(tmp_path / "out", report, splits=splits, written=splits)
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == ["classes.png", "contact_sheet.png", "objects.png"]
