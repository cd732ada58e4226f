"""One trained detector with each mask head, for the tests of the contract."""

from pathlib import Path

import pytest

from rehead.detector.checkpoint import save_detector
from rehead.detector.mask_heads.variants import MASK_HEADS
from tests.detector.mask_heads.trained import Trained, detector_with, train_masks


@pytest.fixture(scope="module")
def trained() -> dict[str, Trained]:
    """One detector with each head, after some steps on one image, so that no weight has its first value."""
    return {head: train_masks(detector_with(head), steps=6) for head in MASK_HEADS}


@pytest.fixture(scope="module")
def saved(trained: dict[str, Trained], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The trained detectors on disk."""
    folder = tmp_path_factory.mktemp("saved")
    for head, one in trained.items():
        save_detector(one.detector, folder / head)
    return {head: folder / head for head in trained}
