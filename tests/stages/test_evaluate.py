"""What the evaluate stage rests on and bears: other test images, none of their own, a model that finds nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from rehead.coco.rle import area
from rehead.detector.build import Detector, build_detector
from rehead.detector.checkpoint import save_detector
from rehead.detector.plan import ModelPlan
from rehead.evaluation.detections import coco_results
from rehead.evaluation.prediction import predict_image
from rehead.files import read_json, write_json
from rehead.registry.packaging import settings_of
from rehead.registry.plan import RegisterPlan
from rehead.training.plan import TrainPlan
from stages import evaluate

pytestmark = pytest.mark.slow
SIDE, OBJECTS = 64, 12
CLASSES = ("seed", "nut")
Evaluate = Callable[..., Path]


@pytest.fixture(scope="module")
def detector() -> Detector:
    torch.manual_seed(0)
    plan = ModelPlan(weights="none", input_size=SIDE, fpn_channels=8, box_head=8, mask_layers=(8,))
    built = build_detector(plan, CLASSES)
    built.model.eval()
    return built


def noisy_split(folder: Path, name: str, detector: Detector, *, seed: int) -> dict[str, Any]:
    """Write two images of noise, and give as their truth what the detector finds best in them, so that AP is not 0."""
    annotations: list[dict[str, Any]] = []
    pixels = np.random.default_rng(seed).integers(0, 255, (2, SIDE, SIDE, 3), dtype=np.uint8)
    for image_id, image in enumerate(pixels, start=1):
        Image.fromarray(image).save(folder / "images" / f"{name}_{image_id}.png")
        found = coco_results(predict_image(detector, torch.from_numpy(image).permute(2, 0, 1) / 255), image_id=image_id)
        seen = sorted((one for one in found if area(one["segmentation"]) > 20), key=lambda one: -float(one["score"]))
        # Every other one, so that the best threshold is not simply below all.
        for one in seen[: 2 * OBJECTS : 2]:
            annotations.append({**one, "id": len(annotations) + 1, "area": area(one["segmentation"]), "iscrowd": 0})
    return {
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)],
        "images": [{"id": n, "file_name": f"{name}_{n}.png", "width": SIDE, "height": SIDE} for n in (1, 2)],
        "annotations": annotations,
    }


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
        reports.mkdir(parents=True)
        data.mkdir(parents=True)
        monkeypatch.chdir(root)
        (root / "params.yaml").write_text(f"evaluate: {{{plan}}}\n")
        (data / "images").symlink_to(images / "images")
        used = {"train": truths["train"], "val": truths["val"], "test": truths[test]}
        for name, truth in used.items():
            write_json(data / f"{name}.json", truth)
        write_json(data / "manifest.json", {"splits": {name: {"fingerprint": name[0] * 64} for name in used}})
        save_detector(detector, root / "detector")
        for name in ("ingest", "roi_align", "heads", "tuning"):
            write_json(reports / f"{name}.json", {})
        write_json(reports / "training.json", {"plan": TrainPlan().model_dump(mode="json"), "run_id": None})
        (reports / "training.csv").write_text("epoch,loss,lr,val_box_AP,val_mask_AP\n1,1.0,0.1,0.2,0.2\n")
        (reports / "ingest.html").write_text("")
        Image.new("RGB", (8, 8)).save(reports / "misalignment.png")
        evaluate.main(
            dataset=data,
            detector=root / "detector",
            reports=reports,
            misalignment=reports / "misalignment.png",
            report=reports / "evaluation.json",
            analysis=reports / "analysis.json",
            classes=reports / "per_class.json",
            predictions=reports / "predictions.json",
            figures=reports / "figures",
            tables=reports / "tables",
            page=reports / "index.html",
            summary=reports / "summary.md",
            template=reports / "plots.html",
        )
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
