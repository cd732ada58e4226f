"""What the evaluate stage rests on and bears: other test images, none of their own, a model that finds nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
import torch

from rehead.detector.build import Detector
from rehead.detector.checkpoint import save_detector
from rehead.evaluation.tables import class_metrics, flat_metrics
from rehead.files import read_json, write_json
from rehead.registry.packaging import package_detector, settings_of
from rehead.registry.plan import RegisterPlan
from rehead.registry.versions import open_versions
from rehead.reporting.mlflow_evaluator import image_table
from tests.stages.noise import noisy_split, run_stage, untrained_detector, write_earlier_reports

pytestmark = pytest.mark.slow
Evaluate = Callable[..., Path]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return untrained_detector()


@pytest.fixture(scope="module")
def splits(detector: Detector, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    """A folder of images, and four sets of truth on them."""
    folder = tmp_path_factory.mktemp("splits")
    (folder / "images").mkdir()
    names = ("train", "val", "test", "other")
    return folder, {name: noisy_split(folder, name, detector, seed=seed) for seed, name in enumerate(names)}


@pytest.fixture
def evaluated(
    splits: tuple[Path, dict[str, dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Evaluate:
    """Run the stage on the truth of that name as the test split; returns the folder of its reports."""
    images, truths = splits
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")  # nobody there: the run waits in the spool

    def run(detector: Detector, *, test: str = "test", plan: str = "resamples: 10, overlays: 1") -> Path:
        root = tmp_path / f"project_{len(list(tmp_path.iterdir()))}"
        data, reports = root / "data" / "dataset", root / "reports"
        data.mkdir(parents=True)
        monkeypatch.chdir(root)
        (root / "params.yaml").write_text(f"evaluate: {{{plan}}}\n")
        (data / "images").symlink_to(images / "images")
        used = {"train": truths["train"], "val": truths["val"], "test": truths[test]}
        for name, truth in used.items():
            write_json(data / f"{name}.json", truth)
        write_json(data / "manifest.json", {"splits": {name: {"fingerprint": name[0] * 64} for name in used}})
        save_detector(detector, root / "detector")
        write_earlier_reports(reports)
        run_stage(data, root / "detector", reports)
        return reports

    return run


def chosen(reports: Path) -> dict[str, Any]:
    """Give the thresholds without what they reach on test."""
    classes = read_json(reports / "evaluation.json")["thresholds"]["classes"]
    return {name: {key: value for key, value in one.items() if key != "test"} for name, one in classes.items()}


def test_other_test_images_change_the_scores_and_no_threshold(detector: Detector, evaluated: Evaluate) -> None:
    first, second = evaluated(detector), evaluated(detector, test="other")
    assert chosen(first) == chosen(second)
    assert all(one["score"] != 0.5 for one in chosen(first).values()), "nothing was chosen, so this shows nothing"
    scores = [read_json(reports / "evaluation.json")["mask"]["AP"] for reports in (first, second)]
    assert scores[0] != scores[1]


def test_a_set_without_a_test_split_of_its_own_is_scored_on_validation_and_says_so(
    detector: Detector, evaluated: Evaluate
) -> None:
    scored = read_json(evaluated(detector, test="val") / "evaluation.json")
    assert scored["thresholds"]["note"] == "chosen on the images that they are reported for: new images will show less"
    assert all(one["test"]["f1"] == one["f1"] for one in scored["thresholds"]["classes"].values())
    assert scored["mask"]["AP"] > 0
    assert scored["dataset"]["same_as"] == "val"


def test_a_model_that_finds_nothing_has_all_its_reports(detector: Detector, evaluated: Evaluate) -> None:
    bias = detector.model.roi_heads.box_predictor.cls_score.bias
    before = bias.detach().clone()
    with torch.no_grad():
        bias[0] += 1000.0
    try:
        reports = evaluated(detector)
    finally:
        with torch.no_grad():
            bias.copy_(before)
    assert read_json(reports / "predictions.json") == []
    assert read_json(reports / "evaluation.json")["mask"]["AP"] == 0.0
    assert {one["score"] for one in chosen(reports).values()} == {0.5}
    assert read_json(reports / "analysis.json")["bottleneck"]["sentence"]
    assert (reports / "index.html").stat().st_size > 10_000
    assert is_plain_json((reports / "analysis.json").read_text())


def is_plain_json(text: str) -> bool:
    """Tell whether JSON is free of NaN and Infinity, which no other reader than Python's takes."""
    found: list[str] = []
    json.loads(text, parse_constant=found.append)
    return not found


def test_a_package_looks_at_images_as_the_evaluation_did(detector: Detector, evaluated: Evaluate) -> None:
    reports = evaluated(detector, plan="resamples: 0, overlays: 0, augment: {flip_horizontal: true}")
    settings = settings_of(RegisterPlan(), read_json(reports / "evaluation.json"))
    assert settings.augment is not None
    assert settings.augment.flip_horizontal
    assert dict(settings.thresholds) == {name: one["score"] for name, one in chosen(reports).items()}
    scored, analysis = (read_json(reports / f"{name}.json") for name in ("evaluation", "analysis"))
    gain, numbers = analysis["augmentation"], analysis["bottleneck"]
    assert gain["mask_AP"] == pytest.approx(scored["mask"]["AP"])
    assert numbers["mask_AP_one_look"] == gain["plain_mask_AP"] != gain["mask_AP"]
    assert scored["dataset"]["same_as"] is None
    assert "With 2 views (mirrored) an image" in (reports / "index.html").read_text()


def test_mlflow_gives_a_registered_model_the_numbers_of_its_evaluation(
    detector: Detector, evaluated: Evaluate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = evaluated(detector)
    scored, project = read_json(reports / "evaluation.json"), reports.parent
    settings = settings_of(RegisterPlan(), scored)
    package = package_detector(project / "detector", tmp_path / "model", settings=settings)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    before = mlflow.get_tracking_uri()
    version = open_versions("tested").add(package, {})
    try:
        told = mlflow.models.evaluate(
            f"models:/tested/{version.number}",
            image_table(project / "data" / "dataset" / "test.json", project / "data" / "dataset" / "images"),
            model_type="instance-segmentation",
            evaluators="coco",
            evaluator_config={"resamples": 0},
        )
    finally:
        mlflow.set_tracking_uri(before)
    assert told.metrics == pytest.approx(flat_metrics(scored) | class_metrics(scored), abs=1e-6)
    assert told.artifacts["analysis"].content["thresholds"] == pytest.approx(dict(settings.thresholds), abs=1e-6)
