"""The page in a real browser, at the width of a phone and of a desk, light and dark."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from rehead.coco.checking import report_on
from rehead.coco.faults import FaultLog
from rehead.reporting.contact_sheet import draw_tiles
from rehead.reporting.gallery import write_overlays
from rehead.reporting.ingest_page import write_ingest_page
from rehead.reporting.report import write_report
from tests.reporting.datasets import squares

pytestmark = pytest.mark.system

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
)


@pytest.fixture(scope="module")
def page(
    evaluation: dict[str, Any], truth: dict[str, Any], results: list[dict[str, Any]], images: Path,
    history: Path, tmp_path_factory: pytest.TempPathFactory,
) -> Path:  # fmt: skip
    path = tmp_path_factory.mktemp("page") / "index.html"
    overlays = write_overlays(path.with_name("out"), truth, results, images)
    write_report(path, evaluation=evaluation, overlays=overlays, history=history, training={"best_epoch": 1})
    return path


@pytest.fixture(scope="module")
def data_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page about a dataset with a long name in every place that has one."""
    folder, long = tmp_path_factory.mktemp("data"), "a_name_without_any_space_" * 40
    splits = {"train": squares({f"{long}.png": [(2, 2, 9), (0, 9, 30)], "b.png": []}, names=(long, "b"), folder=folder)}
    log = FaultLog()
    log.add("area-missing", f"{long}.json", f"annotations[3].{long}", long, value=long)
    report = report_on(long, splits, log).described()
    write_ingest_page(folder / "ingest.html", report, splits=splits, tiles=draw_tiles(splits))
    return folder / "ingest.html"


def browse(profile: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Chromium once with a fresh profile."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    command = [browser, *FLAGS, f"--user-data-dir={profile}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def shot(page: Path, width: int, *arguments: str) -> NDArray[np.uint8]:
    """Take a picture of the top of the page; returns HxWx3."""
    picture = page.with_name(f"{width}.png")
    browse(
        Path(tempfile.mkdtemp(dir=page.parent)),
        *arguments,
        f"--window-size={width},1600",
        f"--screenshot={picture}",
        page.as_uri(),
    )
    with Image.open(picture) as image:
        return np.array(image.convert("RGB"))


@pytest.mark.parametrize(("name", "word"), [("page", "0.646"), ("data_page", "usable")])
def test_the_browser_has_nothing_to_complain_about(
    name: str, word: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seen = browse(tmp_path / "profile", "--dump-dom", request.getfixturevalue(name).as_uri())
    assert word in seen.stdout
    assert [line for line in seen.stderr.splitlines() if "CONSOLE" in line] == []


def test_a_complaint_would_be_noticed(page: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    broken.write_text(
        page.read_text(encoding="utf-8").replace("</main>", "<script>1</script></main>"), encoding="utf-8"
    )
    assert "CONSOLE" in browse(tmp_path / "profile", "--dump-dom", broken.as_uri()).stderr


@pytest.mark.parametrize("name", ["page", "data_page"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out_sideways(name: str, tmp_path: Path, width: int, request: pytest.FixtureRequest) -> None:
    # The measuring script needs the policy out of the way; a frame gives widths below a desktop window's minimum.
    measure = "<script>document.title = 'wide ' + document.documentElement.scrollWidth</script></body>"
    page: Path = request.getfixturevalue(name)
    text = page.read_text(encoding="utf-8").replace("default-src 'none'", "default-src 'unsafe-inline'")
    (tmp_path / "inner.html").write_text(text.replace("</body>", measure), encoding="utf-8")
    outer = f'<iframe src="inner.html" style="width:{width}px;height:3000px;border:0" onload="'
    outer += 'document.title = this.contentDocument.title"></iframe>'
    (tmp_path / "outer.html").write_text(outer, encoding="utf-8")
    arguments = ("--allow-file-access-from-files", "--dump-dom", (tmp_path / "outer.html").as_uri())
    assert f"<title>wide {width}</title>" in browse(tmp_path / "profile", *arguments).stdout


def test_the_page_is_light_on_a_light_screen(page: Path) -> None:
    assert shot(page, 1440, "--blink-settings=preferredColorScheme=1")[2, 2].min() > 230


def test_the_page_is_dark_on_a_dark_screen(page: Path) -> None:
    assert shot(page, 1440, "--blink-settings=preferredColorScheme=0")[2, 2].max() < 40


def test_the_headline_is_in_the_colours_of_both_heads(page: Path) -> None:
    picture = shot(page, 1440, "--blink-settings=preferredColorScheme=1")
    for tint in ((0, 114, 178), (213, 94, 0)):
        assert (picture[:600] == tint).all(axis=2).sum() > 500
