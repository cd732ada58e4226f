"""The image browser in hands: keys, wheel, mouse and fingers, at a desk and on a phone, and without a script."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.reporting import scored
from tests.reporting.browsing import visit

pytestmark = pytest.mark.system

PHONE = {"width": 390, "has_touch": True, "is_mobile": True}
Opening = Callable[..., Page]


@pytest.fixture(scope="module")
def path(evaluation: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scored.write_page(tmp_path_factory.mktemp("page"), evaluation)


@pytest.fixture
def opened(chromium: Browser, path: Path) -> Iterator[Opening]:
    """Open the page in a window of one's choice; whatever the browser complains of fails the test."""
    with ExitStack() as stack:
        visits = []

        def look(**window: Any) -> Page:
            visits.append(stack.enter_context(visit(chromium, path, **window)))
            if window.get("java_script_enabled", True):
                scored.turn_to(visits[-1].page, 7)
            return visits[-1].page

        yield look
        assert [seen.complaints for seen in visits] == [[]] * len(visits)


@pytest.fixture
def page(opened: Opening) -> Page:
    return opened()


def zoomed(page: Page) -> float:
    """How many times larger than at first the picture is."""
    box = str(page.locator(".shot:visible svg[role=img]").first.get_attribute("viewBox"))
    return scored.WIDTH / float(box.split()[2])


@pytest.mark.parametrize("key", ["+", "-"])
def test_keys_zoom(page: Page, key: str) -> None:
    page.locator(".stage").focus()
    page.keyboard.press("+")
    page.keyboard.press(key)
    assert zoomed(page) == pytest.approx({"+": 2.25, "-": 1.0}[key])


def test_both_panes_show_the_same_part(page: Page) -> None:
    page.get_by_role("button", name="Zoom in").click()
    boxes = page.locator(".shot:visible svg[role=img]").evaluate_all(
        "all => all.map(one => one.getAttribute('viewBox'))"
    )
    assert boxes[0] == boxes[1]


def test_the_wheel_scrolls_past_a_picture_that_nobody_has_touched(page: Page) -> None:
    page.locator(".shot:visible svg[role=img]").first.hover()
    page.mouse.wheel(0, -200)
    assert zoomed(page) == 1.0


def test_the_wheel_zooms_a_picture_that_was_clicked(page: Page) -> None:
    page.locator(".shot:visible svg[role=img]").first.click()
    page.mouse.wheel(0, -100)
    page.wait_for_function("document.querySelector('.stage.zoomed')")
    assert zoomed(page) > 1.2


def test_dragging_moves_a_zoomed_picture(page: Page) -> None:
    page.get_by_role("button", name="Zoom in").click()
    svg = page.locator(".shot:visible svg[role=img]").first
    before = str(svg.get_attribute("viewBox"))
    svg.hover()
    page.mouse.down()
    page.mouse.move(300, 500, steps=4)
    page.mouse.up()
    assert svg.get_attribute("viewBox") != before


def test_a_mistake_in_the_list_leads_to_its_place(page: Page) -> None:
    page.get_by_role("button", name="invented circle 0.60").click()
    left, top, wide, high = map(
        float, str(page.locator(".shot:visible svg[role=img]").first.get_attribute("viewBox")).split()
    )
    assert left <= 50 < 70 <= left + wide
    assert top <= 60 < 80 <= top + high
    assert wide < 120


def test_truth_and_prediction_can_be_laid_over_each_other(page: Page) -> None:
    page.get_by_role("button", name="Side by side").click()
    pane = page.locator(".shot:visible .pane:visible")
    assert (pane.count(), pane.locator(".truth, .prediction").count()) == (1, 2)


def test_overlaid_truth_is_named_below_its_object_and_a_detection_above(page: Page) -> None:
    page.get_by_role("button", name="Side by side").click()
    outline = page.locator("#image-7 .truth .object[data-at='2']").bounding_box()
    lower, upper = (
        page.locator("#image-7 .names text", has_text=words).bounding_box() for words in ("missed </", "wrong class")
    )
    assert outline is not None
    assert lower is not None
    assert upper is not None
    middle = outline["y"] + outline["height"] / 2
    assert upper["y"] + upper["height"] < middle < lower["y"]


@pytest.mark.parametrize("width", [390, 1440])
def test_no_control_lies_over_a_picture(opened: Opening, width: int) -> None:
    page = opened(width=width)
    picture = page.locator(".shot:visible .panes").bounding_box()
    assert picture is not None
    places = [one.bounding_box() for one in page.locator(".browser button:visible").all()]
    low, high = picture["y"], picture["y"] + picture["height"]
    assert [one for one in places if one and one["y"] < high and one["y"] + one["height"] > low] == []


def test_two_fingers_zoom(opened: Opening) -> None:
    page = opened(**PHONE)
    svg = page.locator(".shot:visible svg[role=img]").first
    svg.scroll_into_view_if_needed()
    box = svg.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60), ("touchEnd", None)):
        points = [] if apart is None else [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert zoomed(page) == pytest.approx(3.0, rel=0.05)


def test_nothing_sticks_out_of_a_phone(opened: Opening) -> None:
    page = opened(**PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_finger_hits_every_control(opened: Opening) -> None:
    page = opened(**PHONE)
    sizes = (
        page.locator(".browser")
        .locator("button:visible, select:visible, label:visible, #least-score")
        .evaluate_all("all => all.map(one => [one.textContent, one.getBoundingClientRect().height])")
    )
    assert [size for size in sizes if size[1] < 40 and size[0] != "Score from"] == []


def test_a_phone_shows_one_pane(opened: Opening) -> None:
    page = opened(**PHONE)
    assert page.locator(".pane:visible").count() == 1


def test_controls_are_dark_on_a_dark_screen(opened: Opening) -> None:
    page = opened(scheme="dark")
    colour = page.get_by_role("button", name="Next picture").evaluate("one => getComputedStyle(one).backgroundColor")
    assert max(map(int, colour.removeprefix("rgb(").removesuffix(")").split(","))) < 60


def test_without_a_script_all_pictures_stand_there_twice(opened: Opening) -> None:
    page = opened(java_script_enabled=False)
    assert page.locator(".pane svg[role=img]:visible").count() == 6
    assert page.locator(".browser button:visible").count() == 0
    assert page.locator(".prediction .object:visible").count() == 8
