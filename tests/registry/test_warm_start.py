"""A model in the registry as the start of another one."""

from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from rehead.detector.plan import ModelPlan
from rehead.detector.weights import pretrained_detector
from rehead.files import sha256_of
from rehead.registry.packaging import Package
from rehead.tracking.models import downloaded_weights

ADDRESS = "models:/earlier@champion"


@pytest.fixture
def champion(package: Package, registry_uri: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a registered package."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry_uri)
    client = MlflowClient(registry_uri)
    client.create_registered_model("earlier")
    version = client.create_model_version("earlier", package.folder.as_uri())
    client.set_registered_model_alias("earlier", "champion", version.version)
    return ADDRESS


def test_a_registered_models_rows_go_to_classes_of_the_same_name(champion: str, saved_detector: Path) -> None:
    plan = ModelPlan(weights=champion, input_size=96, fpn_channels=8, box_head=8, mask_layers=(8,), max_detections=9)
    told = pretrained_detector(plan, ("nut", "bolt"), file=downloaded_weights(champion)).inheritance
    assert [(row.name, row.known_label) for row in told.classes] == [("nut", 2), ("bolt", None)]
    assert (told.source, told.sha256) == (champion, sha256_of(saved_detector / "weights.safetensors"))
