"""The pages in a real browser, at the width of a phone and of a desk, light and dark."""

from io import BytesIO
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser

from rehead.coco.checking import report_on
from rehead.coco.faults import FaultLog
from rehead.reporting.contact_sheet import draw_tiles
from rehead.reporting.image_browser import browser_of
from rehead.reporting.ingest_page import write_ingest_page
from rehead.reporting.report import write_report
from tests.reporting import scored
from tests.reporting.analyses import sample_analysis, sample_evaluation
from tests.reporting.browsing import LIVE, Visit, nameless, visit
from tests.reporting.datasets import squares

pytestmark = pytest.mark.system

WIDTHS = (390, 1440)
SCHEMES = ("light", "dark")
PAGES = ("plain", "analysed", "data")
VIEWS = [
    *product(("analysed",), WIDTHS, SCHEMES),
    *product(("plain", "data"), (390,), ("dark",)),
    *product(("plain", "data"), (1440,), ("light",)),
]


@pytest.fixture(scope="module")
def pages(evaluation: dict[str, Any], history: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    plain, analysed, data = (folder / f"{name}.html" for name in PAGES)
    write_report(plain, evaluation=evaluation, history=history, training={"best_epoch": 1})
    names, pictures = list(scored.CLASSES.values()), folder / "images"
    scored.draw_images(pictures)
    analysis = sample_analysis(names) | scored.analysis()
    browser = browser_of(
        scored.truth(), scored.results(), pictures, analysis=analysis, thresholds=scored.THRESHOLDS, limit=9
    )
    write_report(
        analysed, evaluation=sample_evaluation(names), analysis=analysis, browser=browser, params={"train": {"lr": 0.1}}
    )
    write_data_page(data)
    return {"plain": plain, "analysed": analysed, "data": data}


def write_data_page(path: Path) -> None:
    """Write the page about a dataset with a long name in every place that has one."""
    folder, long = path.parent, "a_name_without_any_space_" * 40
    splits = {"train": squares({f"{long}.png": [(2, 2, 9), (0, 9, 30)], "b.png": []}, names=(long, "b"), folder=folder)}
    log = FaultLog()
    log.add("area-missing", f"{long}.json", f"annotations[3].{long}", long, value=long)
    write_ingest_page(path, report_on(long, splits, log).described(), splits=splits, tiles=draw_tiles(splits))


def settled(seen: Visit, name: str) -> None:
    """Wait until the charts of a page that has any are drawn."""
    if name == "analysed":
        seen.page.wait_for_selector(LIVE, state="attached", timeout=60_000)


@pytest.fixture(scope="module")
def visits(chromium: Browser, pages: dict[str, Path]) -> dict[tuple[str, int, str], dict[str, Any]]:
    """Open each page in each width, light and dark, and note what is to be seen."""
    found = {}
    for name, width, scheme in VIEWS:
        with visit(chromium, pages[name], width=width, scheme=scheme) as seen:
            settled(seen, name)
            found[name, width, scheme] = {
                "complaints": list(seen.complaints),
                "asked": [url for url in seen.asked if not url.startswith("data:")],
                "address": pages[name].as_uri(),
                "wide": seen.page.evaluate("document.documentElement.scrollWidth"),
                "nameless": nameless(seen.page),
                "levels": seen.page.eval_on_selector_all("h1,h2,h3", "all => all.map(one => +one.tagName[1])"),
                "shot": pixels(seen.page.screenshot()),
            }
    return found


def pixels(png: bytes) -> NDArray[np.uint8]:
    with Image.open(BytesIO(png)) as image:
        return np.array(image.convert("RGB"))


views = pytest.mark.parametrize("view", VIEWS, ids=str)
Visits = dict[tuple[str, int, str], dict[str, Any]]


@views
def test_the_browser_has_nothing_to_complain_about(visits: Visits, view: tuple[str, int, str]) -> None:
    assert visits[view]["complaints"] == []


@views
def test_a_page_asks_for_nothing_but_itself(visits: Visits, view: tuple[str, int, str]) -> None:
    assert visits[view]["asked"] == [visits[view]["address"]]


@views
def test_nothing_sticks_out_sideways(visits: Visits, view: tuple[str, int, str]) -> None:
    assert visits[view]["wide"] == view[1]


@views
def test_every_control_and_picture_has_a_name(visits: Visits, view: tuple[str, int, str]) -> None:
    assert visits[view]["nameless"] == []


@views
def test_the_page_is_as_light_or_dark_as_the_screen(visits: Visits, view: tuple[str, int, str]) -> None:
    corner = visits[view]["shot"][2, 2]
    assert corner.min() > 230 if view[2] == "light" else corner.max() < 40


@pytest.mark.parametrize("name", PAGES)
def test_headings_skip_no_level(visits: Visits, name: str) -> None:
    levels = visits[name, 1440, "light"]["levels"]
    assert levels[0] == 1
    assert [(a, b) for a, b in pairwise(levels) if b > a + 1] == []


def test_the_headline_is_in_the_colours_of_both_heads(visits: Visits) -> None:
    shot = visits["analysed", 1440, "light"]["shot"]
    for tint in ((0, 114, 178), (213, 94, 0)):
        assert (shot[:600] == tint).all(axis=2).sum() > 500


def test_a_script_that_someone_slips_in_does_not_run(chromium: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    text = pages["analysed"].read_text(encoding="utf-8")
    broken.write_text(text.replace("</main>", "<script>document.title = 'in'</script></main>"), encoding="utf-8")
    with visit(chromium, broken) as seen:
        assert (seen.page.title() == "in", "Content Security Policy" in "".join(seen.complaints)) == (False, True)
