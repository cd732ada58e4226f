"""A tiny finished run: two pictures, three objects and the stages' reports; no test changes them."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from rehead.coco import rle

if TYPE_CHECKING:
    from playwright.sync_api import Browser

METRICS = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")


def block(image_id: int, category_id: int, corner: tuple[int, int], **more: Any) -> dict[str, Any]:
    """Make a 12 x 12 object of a 40 x 40 picture; `corner` is (left, top)."""
    mask_hw = np.zeros((40, 40), dtype=np.uint8)
    mask_hw[corner[1] : corner[1] + 12, corner[0] : corner[0] + 12] = 1
    mask = {"segmentation": rle.encode(mask_hw), "area": 144.0}
    return {"image_id": image_id, "category_id": category_id, **mask, **more}


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return {
        "categories": [{"id": 1, "name": "circle"}, {"id": 2, "name": "<b>bold</b>"}],
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png"}],
        "annotations": [
            block(7, 1, (4, 4), id=1, iscrowd=0),
            block(7, 2, (24, 24), id=2, iscrowd=0),
            block(8, 1, (4, 4), id=3, iscrowd=0),
        ],
    }


@pytest.fixture(scope="module")
def results() -> list[dict[str, Any]]:
    return [block(7, 1, (5, 4), score=0.9), block(8, 1, (4, 4), score=0.8), block(8, 2, (24, 4), score=0.2)]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for name in ("a.png", "b.png"):
        Image.new("RGB", (40, 40), (120, 120, 120)).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def evaluation() -> dict[str, Any]:
    box = dict.fromkeys(METRICS, 0.6123) | {"AP": 0.7172, "APl": None, "ARl": None}
    mask = dict.fromkeys(METRICS, 0.5123) | {"AP": 0.6464, "APl": None, "ARl": None}
    scores = {"box_AP": 0.71, "mask_AP": 0.61, "box_AP50": 0.91, "mask_AP50": 0.81, "annotations": 2}
    return {
        "box": box,
        "mask": mask,
        "per_class": {"circle": scores, "<b>bold</b>": dict.fromkeys(scores) | {"annotations": 0}},
        "dataset": {"split": "test", "fingerprint": "5f" * 32, "images": 2, "annotations": 3},
        "weights_sha256": "ab" * 32,
    }


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "training.csv"
    path.write_text(
        "epoch,loss,loss_classifier,loss_box_reg,loss_mask,loss_objectness,loss_rpn_box_reg,lr,images_per_second,"
        "val_box_AP,val_mask_AP,seconds\n"
        "1,2.0,0.5,0.5,0.8,0.1,0.1,0.001,20,0.2,0.1,5\n"
        "2,1.0,0.2,0.3,0.4,0.05,0.05,0.0005,21,,,5\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """Start the system's Chromium, for one module: while it runs, no other event loop can."""
    from playwright.sync_api import sync_playwright  # 0.3 s that no other test here needs

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
