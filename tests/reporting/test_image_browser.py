"""Pictures with outlines inside the page."""

import base64
import json
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from rehead.evaluation.analysis.judged import judge
from rehead.reporting.browser_objects import shown_objects
from rehead.reporting.browser_pictures import ShownPicture
from rehead.reporting.image_browser import SCRIPTS, ImageBrowser, browser_of
from rehead.reporting.page import TEMPLATES, render
from tests.reporting import scored


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scored.draw_images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> ImageBrowser:
    return scored.browser(tmp_path_factory.mktemp("own") / "images")


def picture(browser: ImageBrowser, image_id: int) -> ShownPicture:
    return next(one for one in browser.pictures if one.image_id == image_id)


def test_every_picture_is_named_for_links(browser: ImageBrowser) -> None:
    assert browser.image_ids == {7, 8, 9}


def test_the_worst_picture_comes_first(browser: ImageBrowser) -> None:
    assert [one.image_id for one in browser.pictures] == [9, 7, 8]


def test_a_doubtful_label_has_a_group_of_its_own(browser: ImageBrowser) -> None:
    assert {group.name: group.image_ids for group in browser.groups}["label errors"] == (9,)


def test_a_doubt_is_framed_on_its_picture(browser: ImageBrowser) -> None:
    assert [one.box for one in picture(browser, 9).suspects] == [(10.0, 10.0, 20.0, 20.0)]


def test_objects_are_found_missed_or_a_crowd_at_the_thresholds(browser: ImageBrowser) -> None:
    states = {one.at: one.state for one in picture(browser, 7).objects.truth}
    assert states == {0: "found", 1: "missed", 2: "missed", 3: "crowd"}


def test_the_tally_is_that_of_the_analysis(browser: ImageBrowser) -> None:
    counts = next(one for one in scored.analysis()["images"] if one["image_id"] == 7)
    words = f"{counts['matched']} found, {counts['missed']} missed, {counts['spurious']} false"
    assert picture(browser, 7).tally == f"{words}: 1 badly outlined, 1 double, 1 invented, 1 wrong class"


def test_detections_down_to_a_low_score_are_in_the_page_hidden(browser: ImageBrowser) -> None:
    found = picture(browser, 7).objects.predictions
    assert sorted((one.score, one.below) for one in found)[:3] == [(0.3, True), (0.55, False), (0.6, False)]


def test_a_class_counts_from_its_own_threshold(browser: ImageBrowser) -> None:
    other = [one for one in picture(browser, 7).objects.predictions if one.kind == 1]
    assert [(one.score, one.below) for one in other] == [(0.6, True)]


def test_without_a_chosen_threshold_a_class_is_shown_from_a_half(images: Path) -> None:
    shown = browser_of(scored.truth(), scored.results(), images, analysis={}, thresholds={}, limit=1)
    assert shown is not None
    assert [one.threshold for one in shown.classes] == [0.5, 0.5]


def test_large_objects_are_drawn_beneath_small_ones(browser: ImageBrowser) -> None:
    areas = [one.outline.area for one in picture(browser, 7).objects.truth]
    assert areas == sorted(areas, reverse=True)


def test_an_object_and_what_found_it_share_a_colour_in_a_single_class(images: Path) -> None:
    alike = scored.truth() | {"categories": [{"id": 1, "name": "nucleus"}]}
    one_class = alike | {"annotations": [one | {"category_id": 1} for one in alike["annotations"]]}
    found = [one for one in scored.results() if one["category_id"] == 1]
    shown = browser_of(one_class, found, images, analysis={}, thresholds={}, limit=1)
    assert shown is not None
    objects = shown.pictures[0].objects
    tints = {one.at: one.tint for one in objects.truth}
    assert all(one.tint == tints[one.at] for one in objects.predictions if one.state == "found" and one.at is not None)
    assert len(set(tints.values())) == len(tints)


@pytest.mark.parametrize(("room", "left_out"), [(0, 2), (10_000, 0)])
def test_weak_detections_give_way_where_outlines_take_too_much_room(room: int, left_out: int) -> None:
    least = dict(zip(scored.CLASSES, scored.THRESHOLDS.values(), strict=True))
    found = [one for one in scored.results() if one["score"] > 0.1]
    judged = judge(scored.truth(), found, heads=["mask"], least=least, max_detections=100)["mask"]
    picture, matching, size = judged.pictures[0], judged.matchings[0], (scored.HEIGHT, scored.WIDTH)
    objects = shown_objects(picture, matching, size, scored.CLASSES, thresholds=least, room=room)
    assert (objects.left_out, sum(one.below for one in objects.predictions)) == (left_out, 2 - left_out)


def shown_size(shown: ShownPicture) -> tuple[int, int]:
    with Image.open(BytesIO(base64.b64decode(shown.source.removeprefix("data:image/webp;base64,")))) as image:
        return image.size


def test_a_picture_is_a_webp_of_its_own_size(browser: ImageBrowser) -> None:
    assert shown_size(picture(browser, 7)) == (120, 90)


@pytest.mark.parametrize(("count", "side"), [(1, 800), (48, 800), (49, 480)])
def test_many_pictures_are_smaller_each(tmp_path: Path, count: int, side: int) -> None:
    Image.new("RGB", (1000, 10)).save(tmp_path / "wide.png")
    images = [{"id": key, "file_name": "wide.png", "width": 1000, "height": 10} for key in range(1, count + 1)]
    split = {"categories": [{"id": 1, "name": "circle"}], "annotations": [], "images": images}
    shown = browser_of(split, [], tmp_path, analysis={}, thresholds={}, limit=count)
    assert shown is not None
    assert shown_size(shown.pictures[0])[0] == side


def test_a_split_without_pictures_has_no_browser(images: Path) -> None:
    empty = scored.truth() | {"images": [], "annotations": []}
    assert browser_of(empty, [], images, analysis={}, thresholds={}, limit=12) is None


def test_what_goes_into_the_page_can_be_written_as_json(browser: ImageBrowser) -> None:
    assert len(json.dumps(asdict(browser))) > 1000


@pytest.fixture(scope="module")
def section(browser: ImageBrowser) -> str:
    return render("image_browser.html.j2", {"browser": browser})


def test_each_picture_is_in_the_page_once(section: str) -> None:
    assert section.count("data:image/webp;base64,") == 3


def test_names_that_try_to_be_markup_stay_text(section: str) -> None:
    assert not [tag for tag in ("<img", "<script", "<b>&amp;", "<!--") if tag in section]
    assert section.count("&lt;/script&gt;&lt;img src=x") > 3


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_writes_names_as_text_and_runs_none(name: str) -> None:
    script = (TEMPLATES / name).read_text(encoding="utf-8")
    assert not [word for word in ("HTML", "document.write", "eval", "Function(", "</") if word in script]
