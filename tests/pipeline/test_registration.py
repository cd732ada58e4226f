"""The registry follows the parameters, there and back; DVC's run cache must not skip it."""

import pytest
from mlflow.tracking import MlflowClient

from rehead.files import read_json
from tests.pipeline.conftest import PARAMS, Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
OTHER = PARAMS.replace("epochs: 2", "epochs: 1")


def test_params_a_then_b_then_a_register_the_right_model_each_time(project: Project) -> None:
    receipts = []
    for text in (PARAMS, OTHER, PARAMS):
        project.set_params(text)
        project.dvc("repro")
        client = MlflowClient(f"sqlite:///{project.root / 'data' / 'mlflow.db'}")
        receipts.append(read_json(project.root / "reports" / "registration.json"))
        version = client.get_model_version_by_alias("tiny", "challenger")
        assert version.tags["model_sha256"] == receipts[-1]["model_sha256"]
        assert str(version.version) == str(receipts[-1]["version"])
    assert receipts[0]["version"] == receipts[2]["version"] != receipts[1]["version"]
    assert receipts[0]["model_sha256"] == receipts[2]["model_sha256"]
    assert len(client.search_model_versions("name='tiny'")) == 2
    assert "index.html" in project.dvc("plots", "show"), "DVC cannot show the figures that the stages wrote"
