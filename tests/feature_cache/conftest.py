"""The drawn dataset's training split, and a detector for it."""

from pathlib import Path

import pytest
import torch

from rehead.dataset.split import Split, load_split
from rehead.detector.build import Detector, build_detector
from rehead.detector.freezing import learning_mode
from rehead.detector.plan import ModelPlan


@pytest.fixture(scope="session")
def drawn(dataset: Path) -> Split:
    """Five drawn training images of 64 pixels."""
    return load_split(dataset, "train")


@pytest.fixture(scope="module")
def detector(drawn: Split) -> Detector:
    """A small detector frozen to its backbone."""
    torch.manual_seed(0)
    plan = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
    detector = build_detector(plan, drawn.classes)
    learning_mode(detector, "backbone")
    return detector
