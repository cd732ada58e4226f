"""Prediction over picture files: overlays and COCO results. Imports torch; verbs import this module when they run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from rehead.detector.build import Detector
from rehead.detector.checkpoint import load_detector
from rehead.evaluation.augmented import look_by
from rehead.evaluation.detections import coco_results
from rehead.evaluation.prediction import predict_image
from rehead.reporting.overlays import draw_objects
from rehead.serving.images import RequestError, read_image
from rehead.serving.settings import Settings, read_settings
from rehead.tracking.models import downloaded_model


@dataclass(frozen=True)
class Model:
    """A detector, and how the package that it came in answers."""

    detector: Detector
    settings: Settings = field(default_factory=Settings)


@dataclass
class PredictionReport:
    """COCO `results` with the `images` and `categories` that their ids refer to, and what could not be read."""

    categories: list[dict[str, Any]]
    images: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def predict_files(model: Model, files: list[Path], out: Path, *, threshold: float | None = None) -> PredictionReport:
    """Detect in each file and draw `out/<number>-<name>.png`; unreadable files become faults.

    Without a threshold those of the model hold.
    """
    detector, look = model.detector, look_by(model.settings.augment)
    least = model.settings.least(detector.classes, threshold)
    names = dict(enumerate(detector.classes, start=1))
    report = PredictionReport([{"id": number, "name": name} for number, name in names.items()])
    out.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(files, start=1):
        try:
            image_hw3 = read_image(file.read_bytes(), row=0)
        except RequestError as error:
            report.faults.append(f"{file}: {str(error).removeprefix('row 0: ')}")
            continue
        except OSError as error:
            report.faults.append(f"{file}: {error.strerror}")
            continue
        image_chw = torch.from_numpy(image_hw3.copy()).permute(2, 0, 1).float() / 255
        seen = predict_image(detector, image_chw, score_threshold=min(least), look=look)
        found = coco_results(seen.reaching(least), image_id=number)
        height, width = image_hw3.shape[:2]
        report.images.append({"id": number, "file_name": str(file), "width": width, "height": height})
        report.results += found
        Image.fromarray(draw_objects(image_hw3, found, names)).save(out / f"{number:04d}-{file.stem}.png")
    return report


def open_model(model: str) -> Model:
    """Load a detector's folder, or a model folder or a registered model with its settings.

    Raises ValueError if there is none or its files are not those that were written.
    """
    folder = downloaded_model(model) if model.startswith(("models:/", "runs:/")) else Path(model)
    inside = folder / "artifacts"
    if not (inside / "detector").is_dir():
        return Model(load_detector(folder))
    return Model(load_detector(inside / "detector"), read_settings(inside / "serving.json"))
