"""Prediction over files: overlays, COCO results, and faults that do not stop the rest."""

from copy import deepcopy
from pathlib import Path

import pytest
import torch
from PIL import Image

from rehead.cli.prediction import Model, open_model, predict_files
from rehead.coco.decoding import MAX_PIXELS
from rehead.detector.build import Detector
from rehead.detector.checkpoint import save_detector
from rehead.evaluation.plan import ViewPlan
from rehead.files import write_json
from rehead.serving.settings import Settings
from tests.cli.untrained import draw_noise, untrained_detector


@pytest.fixture(scope="module")
def detector() -> Detector:
    return untrained_detector()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return draw_noise(tmp_path)


def test_results_refer_to_the_images_and_categories_of_the_report(
    detector: Detector, picture: Path, tmp_path: Path
) -> None:
    report = predict_files(Model(detector), [picture], tmp_path / "out", threshold=0.0)
    assert report.results
    assert {item["image_id"] for item in report.results} == {report.images[0]["id"]}
    assert {item["category_id"] for item in report.results} <= {category["id"] for category in report.categories}


def test_no_result_is_below_the_threshold(detector: Detector, picture: Path, tmp_path: Path) -> None:
    every = predict_files(Model(detector), [picture], tmp_path / "out", threshold=0.0).results
    scores = [item["score"] for item in every]
    middle = sorted(scores)[len(scores) // 2]
    kept = predict_files(Model(detector), [picture], tmp_path / "out", threshold=middle).results
    assert [item["score"] for item in kept] == [score for score in scores if score >= middle]


def test_without_a_threshold_those_of_the_models_classes_hold(
    detector: Detector, picture: Path, tmp_path: Path
) -> None:
    every = predict_files(Model(detector), [picture], tmp_path / "out", threshold=0.0).results
    middle = sorted(item["score"] for item in every)[len(every) // 2]
    own = Settings(thresholds={"nut": middle, "leaf": 0.0})
    kept = predict_files(Model(detector, own), [picture], tmp_path / "out").results
    assert kept == [item for item in every if item["category_id"] == 2 or item["score"] >= middle]
    assert 0 < len(kept) < len(every)


def test_a_model_folder_is_opened_with_its_settings(detector: Detector, tmp_path: Path) -> None:
    save_detector(detector, tmp_path / "artifacts" / "detector")
    settings = Settings(thresholds={"nut": 0.25}, augment=ViewPlan(flip_horizontal=True))
    write_json(tmp_path / "artifacts" / "serving.json", settings.as_dict())
    assert open_model(str(tmp_path)).settings == settings


def test_a_models_views_are_looked_at(detector: Detector, picture: Path, tmp_path: Path) -> None:
    twice = Model(detector, Settings(augment=ViewPlan(flip_horizontal=True)))
    once, both = (predict_files(m, [picture], tmp_path / "out", threshold=0.0) for m in (Model(detector), twice))
    assert [item["score"] for item in both.results] != [item["score"] for item in once.results]


def test_an_overlay_is_drawn_for_each_picture(detector: Detector, picture: Path, tmp_path: Path) -> None:
    predict_files(Model(detector), [picture, picture], tmp_path / "out", threshold=0.0)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0001-nuts.png", "0002-nuts.png"]


def test_a_file_that_is_no_picture_is_named_and_the_rest_done(
    detector: Detector, picture: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    files = [tmp_path / "notes.png", tmp_path / "absent.png", picture]
    report = predict_files(Model(detector), files, tmp_path / "out", threshold=0.0)
    assert [fault.split(": ")[0] for fault in report.faults] == [str(file) for file in files[:2]]
    assert [image["file_name"] for image in report.images] == [str(picture)]


@pytest.mark.parametrize("kind", ["bmp", "gif", "tif"])
def test_what_training_reads_is_predicted(detector: Detector, picture: Path, tmp_path: Path, kind: str) -> None:
    Image.open(picture).save(tmp_path / f"other.{kind}")
    report = predict_files(Model(detector), [tmp_path / f"other.{kind}"], tmp_path / "out")
    assert (report.faults, len(report.images)) == ([], 1)


def test_a_picture_is_predicted_up_to_the_packages_own_limit(detector: Detector, picture: Path, tmp_path: Path) -> None:
    exact, narrow = (Model(detector, Settings(max_pixels=pixels)) for pixels in (64 * 48, 64 * 48 - 1))
    assert predict_files(exact, [picture], tmp_path / "out").faults == []
    [fault] = predict_files(narrow, [picture], tmp_path / "out").faults
    assert fault == f"{picture}: 64x48 is over 0.003071 megapixels (register.max_megapixels)"


def test_without_a_package_a_picture_may_be_as_large_as_in_training(detector: Detector) -> None:
    assert Model(detector).limits.max_pixels == MAX_PIXELS


def test_ctrl_c_keeps_what_is_done(detector: Detector, picture: Path, tmp_path: Path) -> None:
    seen = []

    def interrupt(*_: object) -> None:
        seen.append(1)
        if len(seen) == 3:
            raise KeyboardInterrupt

    hook = detector.model.backbone.register_forward_pre_hook(interrupt)
    try:
        report = predict_files(Model(detector), [picture] * 5, tmp_path / "out")
    finally:
        hook.remove()
    assert (report.interrupted, [image["id"] for image in report.images]) == (True, [1, 2])


def test_a_picture_without_finite_outputs_is_named_and_the_rest_done(
    detector: Detector, picture: Path, tmp_path: Path
) -> None:
    broken = deepcopy(detector)
    with torch.no_grad():
        broken.model.roi_heads.mask_predictor.mask_fcn_logits.bias.fill_(float("nan"))
    report = predict_files(Model(broken), [picture, picture], tmp_path / "out", threshold=0.0)
    assert [fault.partition(": the detector's output is not finite")[0] for fault in report.faults] == [
        str(picture),
        str(picture),
    ]


def test_a_folder_without_a_detector_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no detector"):
        open_model(str(tmp_path))
