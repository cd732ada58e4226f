"""What a reader can do in the report: pick a class, sort a table, point at a field or a curve, go without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from rehead.reporting.report import write_report
from tests.reporting.analyses import sample_analysis, sample_evaluation
from tests.reporting.browsing import LIVE, visit

pytestmark = pytest.mark.system

NAMES = ("ripe berry", "<b>leaf</b>", "all", "stone")
_THRESHOLDS = "[...document.querySelectorAll('[data-chart=scores] .role-mark text')].map(one => one.textContent)"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "index.html"
    write_report(path, evaluation=sample_evaluation(NAMES), analysis=sample_analysis(NAMES))
    return path


@pytest.fixture(scope="module")
def desk(chromium: Browser, report: Path) -> Iterator[Page]:
    """The page on a desk, with its charts drawn; what one test does to it, the next finds."""
    with visit(chromium, report) as seen:
        seen.page.wait_for_selector(LIVE, state="attached")
        yield seen.page


@pytest.fixture(scope="module")
def phone(chromium: Browser, report: Path) -> Iterator[Page]:
    with visit(chromium, report, width=390, scheme="dark", has_touch=True, is_mobile=True) as seen:
        seen.page.wait_for_selector(LIVE, state="attached")
        yield seen.page


def first_class(page: Page) -> str:
    return page.locator("table.classes tbody th").first.inner_text()


def test_all_charts_are_drawn(desk: Page) -> None:
    names = desk.eval_on_selector_all("[data-chart]:has(svg.marks)", "all => all.map(one => one.dataset.chart)")
    assert names == ["by_iou", "precision", "scores", "calibration", "counting", "areas"]


@pytest.mark.parametrize("name", [*NAMES, "all classes"])
def test_the_picker_changes_class_and_threshold(desk: Page, name: str) -> None:
    desk.get_by_label("Class", exact=True).select_option(label=name)
    assert desk.locator("[data-chart=scores] .picked").inner_text() == name
    chosen = [] if name == "all classes" else [f"{0.35 + 0.05 * NAMES.index(name):.2f}"]
    desk.wait_for_function(f"told => told.join() === {_THRESHOLDS}.join()", arg=chosen)


def test_a_table_sorts_by_the_column_that_is_clicked_either_way(desk: Page) -> None:
    button = desk.get_by_role("button", name="mask AP", exact=True)
    order = []
    for _ in range(2):
        button.click()
        order.append(first_class(desk))
    assert order == ["stone", "ripe berry"]


def test_names_sort_from_a_on_and_back(desk: Page) -> None:
    heading, order = desk.locator("table.classes thead th").first, []
    for _ in range(2):
        heading.get_by_role("button").click()
        order.append((first_class(desk), heading.get_attribute("aria-sort")))
    assert order == [("<b>leaf</b>", "ascending"), ("stone", "descending")]


def test_a_table_sorts_by_keyboard_and_says_so(desk: Page) -> None:
    desk.get_by_role("button", name="objects", exact=True).focus()
    desk.keyboard.press("Enter")
    heading = desk.locator("table.classes thead th").nth(1)
    assert (first_class(desk), heading.get_attribute("aria-sort")) == ("stone", "descending")


def test_a_field_of_the_confusion_matrix_is_told_where_the_mouse_is(desk: Page) -> None:
    desk.locator("table.confusion tbody tr").nth(1).locator("td").nth(1).hover()
    count = desk.locator("table.confusion tbody tr").nth(1).locator("td").nth(1).inner_text()
    assert desk.locator("output.told").inner_text().startswith(f"{NAMES[1]} → {NAMES[1]}: {count} of ")


def test_a_field_of_the_confusion_matrix_is_told_where_a_finger_taps(phone: Page) -> None:
    phone.locator("table.confusion tbody tr").first.locator("td").nth(2).tap()
    assert phone.locator("output.told").inner_text().startswith(f"{NAMES[0]} → {NAMES[2]}: ")


def told(page: Page) -> dict[str, str]:
    """Read what is told about a point of a chart, by name."""
    page.locator("#vg-tooltip-element").wait_for(state="visible")
    cells = page.locator("#vg-tooltip-element td").all_inner_texts()
    return dict(zip(cells[::2], cells[1::2], strict=True))


def point_at(page: Page, chart: str, across: float, down: float) -> None:
    """Move the mouse to a place in a chart, as shares of its frame."""
    plot = page.locator(f"[data-chart={chart}] svg.marks")
    plot.scroll_into_view_if_needed()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # scrolling hides it
    frame = page.locator(f"[data-chart={chart}] svg.marks path.background").first.bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + across * frame["width"], frame["y"] + down * frame["height"])


def test_the_nearest_point_of_a_line_tells_its_numbers(desk: Page) -> None:
    point_at(desk, "by_iou", 0.5, 0)  # the uppermost line there is the ceiling
    ceiling = sample_analysis(NAMES)["by_iou"]["mask_ceiling"]
    found = told(desk)
    assert (found["of"], found["AP"]) == (
        "mask ceiling",
        f"{ceiling[int(float(found['IoU']) * 20 - 9.5)]:.3f}".rstrip("0"),
    )


def test_one_point_is_shown_and_not_the_line(desk: Page) -> None:
    point_at(desk, "scores", 0.5, 0.9)
    assert told(desk)["rate"] == "recall"
    opaque = "all => all.filter(one => getComputedStyle(one).opacity == 1).length"
    assert desk.eval_on_selector_all("[data-chart=scores] .mark-symbol path", opaque) == 1


def test_a_dot_tells_the_image_that_it_stands_for(desk: Page) -> None:
    desk.mouse.move(0, 0)
    dot = desk.locator("[data-chart=counting] .mark-symbol path").first
    dot.scroll_into_view_if_needed()
    desk.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    dot.hover(force=True)
    assert told(desk)["for example"].endswith(".jpg")


def test_a_finger_on_a_chart_is_told_its_numbers(phone: Page) -> None:
    phone.locator("[data-chart=by_iou] svg.marks").tap()
    assert 0.6 <= float(told(phone)["IoU"]) <= 0.8


def test_charts_change_their_colours_with_the_screen(desk: Page) -> None:
    stroke = "getComputedStyle(document.querySelector('[data-chart=by_iou] .mark-line path')).stroke"
    seen = []
    for scheme in ("light", "dark"):
        desk.emulate_media(color_scheme=scheme)
        seen.append(desk.evaluate(stroke))
    assert seen == ["rgb(0, 114, 178)", "rgb(86, 180, 233)"]


def test_charts_grow_and_shrink_with_the_window(desk: Page) -> None:
    width = "document.querySelector('[data-chart=by_iou] svg.marks').getBoundingClientRect().width"
    before = desk.evaluate(width)
    desk.set_viewport_size({"width": 700, "height": 900})
    desk.wait_for_function(f"{width} < 660")
    desk.set_viewport_size({"width": 1440, "height": 900})
    desk.wait_for_function(f"{width} == {before}")


def test_a_link_of_the_contents_leads_to_every_section(desk: Page) -> None:
    missing = "all => all.map(a => a.hash).filter(hash => !document.querySelector(hash))"
    assert desk.eval_on_selector_all(".contents a", missing) == []


def test_without_javascript_charts_are_pictures_and_no_dead_control_is_shown(chromium: Browser, report: Path) -> None:
    with visit(chromium, report, java_script_enabled=False) as seen:
        drawn = [one for one in seen.page.locator("[data-chart] noscript svg.marks").all() if one.is_visible()]
        assert (len(drawn), seen.page.get_by_role("combobox").count()) == (6, 0)
