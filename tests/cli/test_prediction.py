"""Prediction over files: overlays, COCO results, and faults that do not stop the rest."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from rehead.cli.app import app
from rehead.cli.prediction import open_detector, predict_files
from rehead.detector.build import Detector, build_detector
from rehead.detector.checkpoint import save_detector
from rehead.detector.plan import ModelPlan

PLAN = ModelPlan(weights="none", input_size=64, fpn_channels=16, box_head=16, mask_layers=(8,), max_detections=4)


@pytest.fixture(scope="module")
def detector() -> Detector:
    """An untrained detector: it finds nonsense, but the same nonsense each time."""
    torch.manual_seed(0)
    built = build_detector(PLAN, ("nut", "leaf"))
    built.model.eval()
    built.model.roi_heads.score_thresh = 0.0
    return built


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "nuts.png")
    return tmp_path / "nuts.png"


def test_results_refer_to_the_images_and_categories_of_the_report(
    detector: Detector, picture: Path, tmp_path: Path
) -> None:
    report = predict_files(detector, [picture], tmp_path / "out", threshold=0.0)
    assert report.results
    assert {item["image_id"] for item in report.results} == {report.images[0]["id"]}
    assert {item["category_id"] for item in report.results} <= {category["id"] for category in report.categories}


def test_no_result_is_below_the_threshold(detector: Detector, picture: Path, tmp_path: Path) -> None:
    scores = [item["score"] for item in predict_files(detector, [picture], tmp_path / "out", threshold=0.0).results]
    middle = sorted(scores)[len(scores) // 2]
    kept = predict_files(detector, [picture], tmp_path / "out", threshold=middle).results
    assert [item["score"] for item in kept] == [score for score in scores if score >= middle]


def test_an_overlay_is_drawn_for_each_picture(detector: Detector, picture: Path, tmp_path: Path) -> None:
    predict_files(detector, [picture, picture], tmp_path / "out", threshold=0.0)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0001-nuts.png", "0002-nuts.png"]


def test_a_file_that_is_no_picture_is_named_and_the_rest_done(
    detector: Detector, picture: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    files = [tmp_path / "notes.png", tmp_path / "absent.png", picture]
    report = predict_files(detector, files, tmp_path / "out", threshold=0.0)
    assert [fault.split(": ")[0] for fault in report.faults] == [str(file) for file in files[:2]]
    assert [image["file_name"] for image in report.images] == [str(picture)]


def test_a_folder_without_a_detector_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no detector"):
        open_detector(str(tmp_path))


def test_the_verb_writes_coco_results_for_a_folder_of_pictures(
    detector: Detector, picture: Path, tmp_path: Path
) -> None:
    save_detector(detector, tmp_path / "model")
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["predict", str(tmp_path / "model"), str(picture.parent), "--out", str(out)])
    assert (result.exit_code, json.loads((out / "images.json").read_text())["images"][0]["file_name"]) == (
        0,
        str(picture),
    )


def test_an_unreadable_picture_makes_the_verb_exit_with_one(detector: Detector, tmp_path: Path) -> None:
    save_detector(detector, tmp_path / "model")
    (tmp_path / "notes.png").write_text("no picture")
    arguments = ["predict", str(tmp_path / "model"), str(tmp_path / "notes.png"), "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(app, arguments).exit_code == 1
