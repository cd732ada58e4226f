"""A scored split whose verdicts are known: squares on three drawn pictures, and names that try to be markup."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from rehead.coco import rle
from rehead.evaluation.analysis.report import analyse
from rehead.reporting.image_browser import ImageBrowser, browser_of
from rehead.reporting.report import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, HEIGHT = 120, 90
HOSTILE = "</script><img src=x onerror=\"document.title='hacked'\">"
FILES = {7: "seven.png", 8: "<b>&amp;<script>alert(1)<!-- \u202eé.png", 9: "nine.png"}
CLASSES = {1: "circle", 2: HOSTILE}
THRESHOLDS = {"circle": 0.5, HOSTILE: 0.7}


def square(image_id: int, category_id: int, corner: tuple[int, int], side: int = 20, **more: Any) -> dict[str, Any]:
    """Make a square object; `corner` is (left, top)."""
    mask_hw = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask_hw[corner[1] : corner[1] + side, corner[0] : corner[0] + side] = 1
    found = rle.encode(mask_hw)
    box = list(rle.bounding_box(found))
    return {"image_id": image_id, "category_id": category_id, "bbox": box, "segmentation": found, **more}


def truth() -> dict[str, Any]:
    """Three objects and a crowd on picture 7, one object on 8, none on 9."""
    places = [(7, 1, (5, 5)), (7, 1, (40, 5)), (7, 2, (5, 50)), (8, 1, (60, 30))]
    objects = [square(*place, id=at, area=400, iscrowd=0) for at, place in enumerate(places, start=1)]
    return {
        "categories": [{"id": key, "name": name} for key, name in CLASSES.items()],
        "images": [{"id": key, "file_name": name, "width": WIDTH, "height": HEIGHT} for key, name in FILES.items()],
        "annotations": [*objects, square(7, 1, (80, 5), 30, id=5, area=900, iscrowd=1)],
    }


def results() -> list[dict[str, Any]]:
    """Detections of picture 7 by falling score, with the verdict on each, then those of 8 and 9."""
    return [
        square(7, 1, (5, 5), score=0.95),  # found
        square(7, 1, (85, 10), score=0.9),  # inside a crowd
        square(7, 1, (5, 50), score=0.85),  # wrong class
        square(7, 1, (6, 5), score=0.8),  # double
        square(7, 1, (50, 60), score=0.6),  # invented
        square(7, 1, (51, 5), score=0.55),  # badly outlined
        square(7, 2, (5, 50), score=0.6),  # found, but below the threshold of its class
        square(7, 1, (40, 5), score=0.3),  # found, but below
        square(7, 1, (90, 65), score=0.04),  # below what the page holds
        square(8, 1, (60, 30), score=0.99),
        square(9, 2, (10, 10), score=0.75),
    ]


def analysis() -> dict[str, Any]:
    """The analysis of it, with one likely label error on picture 9."""
    doubt = {"rank": 1, "image_id": 9, "kind": "missing label", "bbox": [10, 10, 20, 20], "why": f"{HOSTILE} is found."}
    return analyse(truth(), results(), thresholds=THRESHOLDS, max_detections=100) | {"label_errors": [doubt]}


def draw_images(folder: Path) -> Path:
    """Draw the pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for image_id, name in FILES.items():
        Image.new("RGB", (WIDTH, HEIGHT), (60 + 10 * image_id, 110, 90)).save(folder / name)
    return folder


def browser(folder: Path) -> ImageBrowser:
    """Draw the pictures into a folder, put them into an image browser, and take the folder away."""
    draw_images(folder)
    chosen = browser_of(truth(), results(), folder, analysis=analysis(), thresholds=THRESHOLDS, limit=12)
    shutil.rmtree(folder)
    assert chosen is not None
    return chosen


def write_page(folder: Path, evaluation: dict[str, Any]) -> Path:
    """Write the report with its pictures, none of which is left on disk; returns its path."""
    write_report(folder / "index.html", evaluation=evaluation, browser=browser(folder / "images"))
    return folder / "index.html"


def turn_to(page: "Page", image_id: int) -> None:
    """Follow a link to a picture."""
    page.evaluate(f"location.hash = '#image-{image_id}'")
    page.locator(f"#image-{image_id}:visible").wait_for()
