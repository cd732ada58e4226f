"""The image browser in a real browser, opened from disk: switched, slid, turned, and asked what an outline is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.reporting import scored
from tests.reporting.browsing import nameless, visit

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def path(evaluation: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scored.write_page(tmp_path_factory.mktemp("page"), evaluation)


@pytest.fixture
def page(chromium: Browser, path: Path) -> Iterator[Page]:
    """The page with picture 7 open; whatever the browser complains of fails the test, and so does any request."""
    with visit(chromium, path) as seen:
        scored.turn_to(seen.page, 7)
        yield seen.page
        assert (seen.complaints, seen.asked) == ([], [path.as_uri()])


def shown(page: Page, layer: str) -> Locator:
    return page.locator(f".shot:visible .{layer} .object:visible")


def slide(page: Page, score: float) -> None:
    page.locator("#least-score").fill(str(score))


def tally(page: Page) -> str:
    return page.locator(".shot:visible .tally").inner_text()


def test_one_picture_is_shown_at_a_time(page: Page) -> None:
    assert page.locator(".shot:visible").get_attribute("id") == "image-7"


def test_the_page_counts_at_first_what_it_was_written_with(page: Page) -> None:
    assert tally(page) == "1 found, 2 missed, 4 false: 1 badly outlined, 1 double, 1 invented, 1 wrong class"


@pytest.mark.parametrize(("gone", "left"), [("Truth", "prediction"), ("Prediction", "truth")])
def test_outlines_can_be_switched_off(page: Page, gone: str, left: str) -> None:
    before = shown(page, left).count()
    page.get_by_label(gone, exact=True).uncheck()
    assert (shown(page, gone.lower()).count(), shown(page, left).count()) == (0, before)


@pytest.mark.parametrize("score", [0.05, 0.55, 0.6, 0.86, 1])
def test_the_slider_shows_what_is_scored_at_least_as_high(page: Page, score: float) -> None:
    slide(page, score)
    own = [one for one in scored.results() if one["image_id"] == 7 and one["score"] >= score]
    assert shown(page, "prediction").count() == len(own)


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.3, "3 found, 0 missed, 4 false: 1 badly outlined, 1 double, 1 invented, 1 wrong class"),
        (0.6, "2 found, 1 missed, 3 false: 1 double, 1 invented, 1 wrong class"),
        (0.97, "0 found, 3 missed, 0 false"),
    ],
)
def test_the_counts_follow_the_slider(page: Page, score: float, words: str) -> None:
    slide(page, score)
    assert tally(page) == words


def test_the_chosen_thresholds_can_be_had_again(page: Page) -> None:
    before = tally(page)
    slide(page, 0.97)
    page.get_by_role("button", name="Chosen thresholds").click()
    assert tally(page) == before


def test_the_thresholds_of_the_classes_are_told(page: Page) -> None:
    assert page.locator(".slide output").inner_text() == "0.50 to 0.70, by class"


def test_one_class_can_be_looked_at(page: Page) -> None:
    page.locator(".filter").get_by_role("combobox").select_option("1")
    slide(page, 0.05)
    assert (shown(page, "truth").count(), shown(page, "prediction").count(), tally(page)) == (
        1,
        1,
        "1 found, 0 missed, 0 false",
    )


def test_a_missed_object_looks_different(page: Page) -> None:
    fills = shown(page, "truth").evaluate_all("all => all.map(one => [one.dataset.state, getComputedStyle(one).fill])")
    assert {state for state, fill in fills if fill.startswith("url(")} == {"missed"}


def test_an_arrow_key_turns_to_the_next_picture(page: Page) -> None:
    page.get_by_role("button", name="All").click()
    page.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".shot:visible").get_attribute("id") == "image-7"


def test_an_arrow_key_on_the_slider_turns_no_page(page: Page) -> None:
    page.locator("#least-score").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".shot:visible").get_attribute("id") == "image-7"


def test_turning_the_page_names_the_picture_in_the_address(page: Page) -> None:
    page.get_by_role("button", name="Previous picture").click()
    assert page.evaluate("location.hash") == "#image-9"


def test_a_link_opens_its_picture(page: Page) -> None:
    page.evaluate("location.hash = '#image-9'")
    page.locator("#image-9:visible").wait_for()
    assert page.locator(".shot:visible").count() == 1


def test_a_group_shows_its_own_pictures(page: Page) -> None:
    page.get_by_role("button", name="Label errors").click()
    assert (page.locator(".strip button").count(), page.locator(".doubts p:visible").count()) == (1, 1)


def test_a_thumbnail_opens_its_picture(page: Page) -> None:
    page.locator(".strip").get_by_role("button", name=scored.FILES[9]).click()
    assert page.locator("#image-9:visible").count() == 1


def test_pointing_at_an_outline_tells_what_it_is(page: Page) -> None:
    page.locator("#image-7 .prediction .object[data-state='double']").hover()
    assert page.locator(".bubble").inner_text() == "circle · score 0.80 · double · IoU 0.90"


def test_pointing_at_a_detection_lights_its_object_up(page: Page) -> None:
    page.locator("#image-7 .prediction .object[data-state='wrong class']").hover()
    assert page.locator(".truth .lit").get_attribute("data-at") == "2"


def test_labels_do_not_cover_each_other(page: Page) -> None:
    slide(page, 0.05)
    boxes = (
        page.locator(".shot:visible .pane")
        .last.locator(".names text")
        .evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.top, box.right, box.bottom])"
        )
    )
    pairs = [(one, other) for at, one in enumerate(boxes) for other in boxes[:at]]
    assert len(boxes) >= 3
    assert not [1 for a, b in pairs if min(a[2], b[2]) - max(a[0], b[0]) > 2 and min(a[3], b[3]) - max(a[1], b[1]) > 4]


def test_every_control_has_an_accessible_name(page: Page) -> None:
    assert nameless(page) == []


def test_names_that_try_to_be_markup_do_nothing(page: Page) -> None:
    page.locator("#image-7 .truth .object[data-kind='1']").hover()
    assert page.locator(".bubble").inner_text().startswith(scored.HOSTILE)
    assert "hacked" not in page.title()
