"""What MLflow's own pages tell of a version: the run that trained it, and what it scores on which data."""

import json
from pathlib import Path

import pytest
from mlflow.entities import Dataset, DatasetInput, Metric
from mlflow.tracking import MlflowClient

from rehead.registry.packaging import Package
from rehead.registry.versions import Versions

pytestmark = pytest.mark.slow
SCORES = {"test/mask_AP": 0.25, "test/box_AP": 0.5}


@pytest.fixture(scope="module")
def linked(registry_uri: str, package: Package) -> tuple[MlflowClient, str, str]:
    """A version of a run that was scored on test; a client, the ids of the run and of the model."""
    client = MlflowClient(registry_uri)
    run_id = client.create_run("0").info.run_id
    points = [Metric(name, value, timestamp=7, step=0) for name, value in SCORES.items()]
    client.log_batch(run_id, metrics=[*points, Metric("train/loss", 3.0, timestamp=7, step=0)])
    client.log_inputs(run_id, [DatasetInput(Dataset("test", "f00d", "local", "{}"))])
    number = Versions(client, registry_uri, "linked").add(package, {}, run_id=run_id).number
    version = client.get_model_version("linked", number)
    assert version.run_id == run_id
    return client, run_id, str(version.model_id or Path(version.source).name)


def test_the_run_names_the_model_that_came_of_it(linked: tuple[MlflowClient, str, str]) -> None:
    client, run_id, model_id = linked
    assert [output.model_id for output in client.get_run(run_id).outputs.model_outputs] == [model_id]


def test_the_model_has_the_scores_of_its_run_on_test_and_names_their_data(
    linked: tuple[MlflowClient, str, str],
) -> None:
    client, _, model_id = linked
    metrics = client.get_logged_model(model_id).metrics or []
    assert {metric.key: metric.value for metric in metrics} == SCORES
    assert {(metric.dataset_name, metric.dataset_digest) for metric in metrics} == {("test", "f00d")}


def test_no_score_is_in_the_run_twice(linked: tuple[MlflowClient, str, str]) -> None:
    client, run_id, _ = linked
    assert [len(client.get_metric_history(run_id, name)) for name in SCORES] == [1, 1]


def test_the_models_page_knows_its_version(linked: tuple[MlflowClient, str, str]) -> None:
    client, _, model_id = linked
    [named] = json.loads(client.get_logged_model(model_id).tags["mlflow.modelVersions"])
    assert (named["name"], str(named["version"])) == ("linked", "1")
