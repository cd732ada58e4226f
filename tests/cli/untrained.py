"""A detector that was never trained: it finds nonsense, but the same nonsense each time; and a picture for it."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from rehead.detector.build import Detector, build_detector
from rehead.detector.plan import ModelPlan

_PLAN = ModelPlan(weights="none", input_size=64, fpn_channels=16, box_head=16, mask_layers=(8,), max_detections=4)


def untrained_detector() -> Detector:
    torch.manual_seed(0)
    built = build_detector(_PLAN, ("nut", "leaf"))
    built.model.eval()
    built.model.roi_heads.score_thresh = 0.0
    return built


def draw_noise(folder: Path) -> Path:
    """Write nuts.png, 64 pixels wide and 48 high."""
    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "nuts.png")
    return folder / "nuts.png"
