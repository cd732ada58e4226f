"""The drawn dataset's splits and a small detector for them."""

from pathlib import Path

import pytest

from rehead.dataset.split import Split, load_split
from rehead.detector.build import Detector
from tests.cli.doctor.subjects import small_detector


@pytest.fixture(scope="session")
def train(dataset: Path) -> Split:
    return load_split(dataset, "train")


@pytest.fixture(scope="session")
def val(dataset: Path) -> Split:
    return load_split(dataset, "val")


@pytest.fixture
def detector(train: Split) -> Detector:
    return small_detector(train)
