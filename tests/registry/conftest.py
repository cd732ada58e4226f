"""One small detector, its package, and one SQLite registry for the tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
import torch

from rehead.detector.build import build_detector
from rehead.detector.checkpoint import save_detector
from rehead.detector.plan import ModelPlan
from rehead.registry.packaging import Package, package_detector
from rehead.serving.settings import Settings
from rehead.tracking.store import tracking_uri


@pytest.fixture(scope="session")
def saved_detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved detector with random weights and two classes."""
    torch.manual_seed(0)
    plan = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
    folder = tmp_path_factory.mktemp("trained") / "any-name"
    save_detector(build_detector(plan, ("seed", "nut")), folder)
    return folder


@pytest.fixture(scope="session")
def package(saved_detector: Path, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """That detector's package."""
    return package_detector(
        saved_detector, tmp_path_factory.mktemp("package") / "model", settings=Settings(score_threshold=0.25)
    )


@pytest.fixture(scope="module")
def registry_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty registry in a file."""
    before = mlflow.get_tracking_uri()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        uri = tracking_uri(tmp_path_factory.mktemp("project"))
        mlflow.set_tracking_uri(uri)
        yield uri
        mlflow.set_tracking_uri(before)
