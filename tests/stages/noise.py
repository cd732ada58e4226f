"""A stage's world in noise: a detector that learned nothing, images of noise, and as truth what it finds there."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from rehead.coco.rle import area
from rehead.detector.build import Detector, build_detector
from rehead.detector.plan import ModelPlan
from rehead.evaluation.detections import coco_results
from rehead.evaluation.prediction import predict_image
from rehead.files import write_json
from rehead.training.plan import TrainPlan
from stages import evaluate

CLASSES = ("seed", "nut")
_SIDE, _OBJECTS = 64, 12


def untrained_detector() -> Detector:
    """Build a detector with random weights that are always the same."""
    torch.manual_seed(0)
    plan = ModelPlan(weights="none", input_size=_SIDE, fpn_channels=8, box_head=8, mask_layers=(8,))
    built = build_detector(plan, CLASSES)
    built.model.eval()
    return built


def noisy_split(folder: Path, name: str, detector: Detector, *, seed: int) -> dict[str, Any]:
    """Write two images of noise, and give as their truth what the detector finds best in them, so that AP is not 0."""
    annotations: list[dict[str, Any]] = []
    pixels = np.random.default_rng(seed).integers(0, 255, (2, _SIDE, _SIDE, 3), dtype=np.uint8)
    for image_id, image in enumerate(pixels, start=1):
        Image.fromarray(image).save(folder / "images" / f"{name}_{image_id}.png")
        found = coco_results(predict_image(detector, torch.from_numpy(image).permute(2, 0, 1) / 255), image_id=image_id)
        seen = sorted((one for one in found if area(one["segmentation"]) > 20), key=lambda one: -float(one["score"]))
        # Every other one, so that the best threshold is not simply below all.
        for one in seen[: 2 * _OBJECTS : 2]:
            annotations.append({**one, "id": len(annotations) + 1, "area": area(one["segmentation"]), "iscrowd": 0})
    return {
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)],
        "images": [{"id": n, "file_name": f"{name}_{n}.png", "width": _SIDE, "height": _SIDE} for n in (1, 2)],
        "annotations": annotations,
    }


def write_earlier_reports(reports: Path) -> None:
    """Write what the stages before would have left, as short as it may be."""
    reports.mkdir(parents=True)
    for name in ("ingest", "roi_align", "heads", "tuning"):
        write_json(reports / f"{name}.json", {})
    write_json(reports / "training.json", {"plan": TrainPlan().model_dump(mode="json"), "run_id": None})
    (reports / "training.csv").write_text("epoch,loss,lr,val_box_AP,val_mask_AP\n1,1.0,0.1,0.2,0.2\n")
    (reports / "ingest.html").write_text("")
    Image.new("RGB", (8, 8)).save(reports / "misalignment.png")


def run_stage(data: Path, detector: Path, reports: Path) -> None:
    """Run the evaluate stage, all that it writes in one folder."""
    evaluate.main(
        dataset=data,
        detector=detector,
        reports=reports,
        misalignment=reports / "misalignment.png",
        report=reports / "evaluation.json",
        metrics=reports / "metrics.json",
        analysis=reports / "analysis.json",
        classes=reports / "per_class.json",
        predictions=reports / "predictions.json",
        figures=reports / "figures" / "evaluation",
        tables=reports / "tables",
        page=reports / "index.html",
        summary=reports / "summary.md",
        template=reports / "plots.html",
    )
