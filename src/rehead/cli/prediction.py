"""Prediction over picture files: overlays and COCO results. Imports torch; verbs import this module when they run."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from rehead.coco.decoding import FORMATS, MAX_PIXELS
from rehead.detector.build import Detector
from rehead.detector.checkpoint import load_detector
from rehead.evaluation.augmented import look_by
from rehead.evaluation.detections import coco_results
from rehead.evaluation.prediction import predict_image
from rehead.progress import progress
from rehead.reporting.overlays import Pixels, draw_objects
from rehead.reporting.sheets import write_png
from rehead.serving.images import Limits, RequestError, read_image
from rehead.serving.settings import Settings, read_settings
from rehead.tracking.models import downloaded_model


@dataclass(frozen=True)
class Model:
    """A detector, and how the package that it came in answers; without one it takes what training reads."""

    detector: Detector
    settings: Settings = field(default_factory=lambda: Settings(max_pixels=MAX_PIXELS))

    @property
    def limits(self) -> Limits:
        """Give what an image may be: as large as in a request, in any format that training reads."""
        return Limits(max_bytes=sys.maxsize, max_pixels=self.settings.max_pixels, formats=FORMATS)


@dataclass
class PredictionReport:
    """COCO `results` with the `images` and `categories` that their ids refer to, and what could not be predicted."""

    categories: list[dict[str, Any]]
    images: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    interrupted: bool = False
    """Whether Ctrl-C left out the files that follow."""


def predict_files(model: Model, files: list[Path], out: Path, *, threshold: float | None = None) -> PredictionReport:
    """Detect in each file and draw `out/<number>-<name>.png`; files that give no prediction become faults.

    Without a threshold those of the model hold. Ctrl-C ends it with what is done.
    """
    names = dict(enumerate(model.detector.classes, start=1))
    report = PredictionReport([{"id": number, "name": name} for number, name in names.items()])
    try:
        with progress("predict", len(files)) as bar:
            for number, file in enumerate(files, start=1):
                try:
                    image_hw3 = read_image(file.read_bytes(), row=0, limits=model.limits)
                    found = _detect(model, image_hw3, number, threshold)
                except (RequestError, FloatingPointError) as error:
                    report.faults.append(f"{file}: {str(error).removeprefix('row 0: ')}")
                except OSError as error:
                    report.faults.append(f"{file}: {error.strerror}")
                else:
                    write_png(out / f"{number:04d}-{file.stem}.png", draw_objects(image_hw3, found, names))
                    height, width = image_hw3.shape[:2]
                    report.images.append({"id": number, "file_name": str(file), "width": width, "height": height})
                    report.results += found
                bar.advance()
    except KeyboardInterrupt:
        report.interrupted = True
    return report


def _detect(model: Model, image_hw3: Pixels, number: int, threshold: float | None) -> list[dict[str, Any]]:
    """Detect in one picture; returns COCO results for the image of this number."""
    least = model.settings.least(model.detector.classes, threshold)
    image_chw = torch.from_numpy(image_hw3.copy()).permute(2, 0, 1).float() / 255
    look = look_by(model.settings.augment)
    seen = predict_image(model.detector, image_chw, score_threshold=min(least), look=look)
    return coco_results(seen.reaching(least), image_id=number)


def open_model(model: str) -> Model:
    """Load a detector's folder, or a model folder or a registered model with its settings.

    Raises ValueError if there is none or its files are not those that were written.
    """
    folder = downloaded_model(model) if model.startswith(("models:/", "runs:/")) else Path(model)
    inside = folder / "artifacts"
    if not (inside / "detector").is_dir():
        return Model(load_detector(folder))
    return Model(load_detector(inside / "detector"), read_settings(inside / "serving.json"))
