"""How much of the page the objects of one picture may take."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rehead.coco import rle
from rehead.evaluation.analysis.judged import judge
from rehead.reporting.browser_objects import Objects, shown_objects
from rehead.reporting.image_browser import MOST_OBJECTS, browser_of
from rehead.reporting.page import render
from tests.reporting import scored

SIDE, CELLS = 1600, 36
NAMES = {1: "cell"}


def cells() -> list[dict[str, Any]]:
    """Draw discs that do not touch, 91 pixels wide."""
    rows, columns = np.mgrid[-45:46, -45:46]
    disc = (rows**2 + columns**2 <= 45**2).astype(np.uint8)
    corners = [(85 + 260 * (at % 6), 85 + 260 * (at // 6)) for at in range(CELLS)]
    found = [rle.crop_to_rle(disc, x, y, SIDE, SIDE) for x, y in corners]
    return [
        {"image_id": 1, "category_id": 1, "bbox": list(rle.bounding_box(mask)), "segmentation": mask} for mask in found
    ]


@pytest.fixture(scope="module")
def drawn() -> dict[str, Objects]:
    """The same picture of many cells, all found, with all the room that it takes and with less."""
    own = cells()
    truth = {
        "categories": [{"id": 1, "name": "cell"}],
        "images": [{"id": 1, "file_name": "1.png", "width": SIDE, "height": SIDE}],
        "annotations": [{**one, "id": at, "iscrowd": 0, "area": 6362} for at, one in enumerate(own, start=1)],
    }
    found = [{**one, "score": 0.9} for one in own]
    judged = judge(truth, found, heads=["mask"], least={1: 0.5}, max_detections=CELLS)["mask"]
    return {
        name: shown_objects(
            judged.pictures[0], judged.matchings[0], (SIDE, SIDE), NAMES, thresholds={1: 0.5}, room=room
        )
        for name, room in (("ample", 100_000), ("scarce", 12_000), ("none", 0))
    }


def size(objects: Objects) -> int:
    return sum(one.size for one in objects.seen)


def test_where_there_is_room_outlines_lie_on_the_fine_grid(drawn: dict[str, Objects]) -> None:
    assert (drawn["ample"].grid_hw, drawn["ample"].coarse) == ((SIDE, SIDE), False)
    assert size(drawn["ample"]) > 30_000


def test_outlines_of_many_objects_are_coarsened_until_they_fit(drawn: dict[str, Objects]) -> None:
    scarce = drawn["scarce"]
    assert scarce.coarse
    assert 400 < max(scarce.grid_hw) < SIDE
    assert 20_000 < size(scarce) <= 24_000


def test_no_object_that_counts_is_left_out_for_want_of_room(drawn: dict[str, Objects]) -> None:
    for objects in drawn.values():
        assert [len(objects.truth), len(objects.predictions), objects.left_out] == [CELLS, CELLS, 0]
        assert {one.state for one in objects.seen} == {"found"}


def test_the_grid_stays_as_fine_as_half_the_pixels_that_are_shown(drawn: dict[str, Objects]) -> None:
    assert drawn["none"].grid_hw == (400, 400)


def test_a_picture_says_that_its_outlines_are_simplified(tmp_path: Path) -> None:
    browser = scored.browser(tmp_path)
    first = browser.pictures[0]
    coarse = replace(browser, pictures=(replace(first, objects=replace(first.objects, coarse=True)),))
    words = "<span>outlines simplified: 1 object in sight would fill the page</span>"
    told = [words in render("image_browser.html.j2", {"browser": one}) for one in (browser, coarse)]
    assert told == [False, True]


def test_of_pictures_that_would_fill_the_page_some_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "1.png")
    mask = rle.encode(np.ones((8, 8), dtype=np.uint8))
    one = {"category_id": 1, "bbox": [0, 0, 8, 8], "segmentation": mask, "iscrowd": 1, "area": 64}
    held = [1] * (MOST_OBJECTS - 1) + [2, 3]
    truth = {
        "categories": [{"id": 1, "name": "cell"}],
        "images": [{"id": at, "file_name": "1.png", "width": 8, "height": 8} for at in (1, 2, 3)],
        "annotations": [{**one, "id": at, "image_id": image} for at, image in enumerate(held, start=1)],
    }
    analysis = {"rankings": {"worst": [2, 3, 1]}}
    browser = browser_of(truth, [], tmp_path, analysis=analysis, thresholds={}, limit=3)
    assert browser is not None
    assert (len(browser.pictures), browser.left_out) == (2, 1)
    assert "1 more picture would fill the page with objects" in render("image_browser.html.j2", {"browser": browser})
