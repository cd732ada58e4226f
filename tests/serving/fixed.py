"""A stand-in detector with one known answer, and what a test needs to put it behind the served model."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image

from rehead.coco.rle import encode
from rehead.evaluation.detections import Detections
from rehead.evaluation.prediction import Look
from rehead.files import write_json
from rehead.serving.manifest import write_manifest
from rehead.serving.model import DetectorModel


class FixedDetector:
    """Finds one object of class `nut` in the upper left quarter of every image, and counts its calls."""

    classes = ("seed", "nut")

    def __init__(self, *, score: float = 0.9) -> None:
        self.score = score
        self.seen: list[tuple[int, ...]] = []

    def find(self, image_chw: torch.Tensor, score_threshold: float) -> Detections:
        self.seen.append(tuple(image_chw.shape))
        _, height, width = image_chw.shape
        mask = np.zeros((height, width), np.uint8)
        mask[: height // 2, : width // 2] = 1
        kept = int(self.score >= score_threshold)
        return Detections(
            boxes_n4=np.array([[0, 0, width / 2, height / 2]], np.float32)[:kept],
            labels_n=np.array([2])[:kept],
            scores_n=np.array([self.score], np.float32)[:kept],
            masks=[encode(mask)][:kept],
        )


def find_fixed(detector: Any, image_chw: torch.Tensor, /, *, score_threshold: float, look: Look) -> Detections:
    found: Detections = detector.find(image_chw, score_threshold)
    return found


def context_of(folder: Path) -> Any:
    artifacts = folder / "artifacts"
    return SimpleNamespace(
        artifacts={"detector": str(artifacts / "detector"), "settings": str(artifacts / "serving.json")}
    )


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Package these settings in place of what was there."""
    write_json(folder / "artifacts" / "serving.json", settings)
    write_manifest(folder)


def loaded(folder: Path, detector: Any) -> DetectorModel:
    model = DetectorModel(load=lambda _: detector, predict_one=find_fixed)
    model.load_context(context_of(folder))
    detector.seen.clear()
    return model


def png(width: int = 40, height: int = 30) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (255, 0, 0)).save(stream, format="PNG")
    return stream.getvalue()


def table(*cells: object) -> pd.DataFrame:
    return pd.DataFrame({"image": list(cells)})
