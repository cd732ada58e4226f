"""The versions of one registered model in MLflow: found by content, pointed at by aliases."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import LoggedModelOutput, Metric
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

from rehead.registry.packaging import Package
from rehead.registry.promotion import Contender
from rehead.tracking.connection import open_client, silence_of
from rehead.tracking.store import experiment_id, experiment_name, tracking_uri

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True)
class Version:
    """A registered version, and what its tags say of it."""

    number: str
    tags: dict[str, str]

    def as_contender(self) -> Contender:
        """Read the version's score; what a tag lacks stays empty, and no rule takes it for a score."""
        return Contender(
            model_sha256=self.tags.get("model_sha256", ""),
            mask_AP=_number(self.tags.get("mask_AP")),
            dataset_fingerprint=self.tags.get("dataset_fingerprint", ""),
            classes=tuple(json.loads(self.tags.get("classes", "[]"))),
        )


def open_versions(name: str) -> "Versions":
    """Open the registry beside the runs, for this process and for MLflow's own models:/ addresses.

    Raises RuntimeError if it is a server that does not answer.
    """
    uri = tracking_uri()
    silence = silence_of(uri)
    if silence:
        raise RuntimeError(
            f"the model registry at {uri} does not answer ({silence}): start it and run `dvc repro` again"
        )
    mlflow.set_tracking_uri(uri)
    return Versions(open_client(uri), uri, name)


class Versions:
    """Versions of the registered model `name`, in the registry at `uri`.

    MLflow looks up a new version's files at its global tracking address, not at the client's: set it to `uri` too.
    """

    def __init__(self, client: MlflowClient, uri: str, name: str) -> None:
        self._client = client
        self._uri = uri
        self.name = name

    @property
    def lock(self) -> Path:
        """Name the lock file that all processes of this user and machine share for this model."""
        key = hashlib.sha256(f"{self._uri}\n{self.name}".encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"rehead-{os.getuid()}" / f"registry-{key}.lock"

    def find(self, package_sha256: str) -> Version | None:
        """Look for the version with this package; the oldest, should two machines have made one each."""
        wanted = f"name = '{self.name}' and tags.package_sha256 = '{package_sha256}'"
        found = self._client.search_model_versions(wanted)
        return min((_version(entry) for entry in found), key=lambda version: int(version.number), default=None)

    def add(self, package: Package, tags: Mapping[str, str], *, run_id: str | None = None) -> Version:
        """Upload a package and make it a version, tags and all, in one call at the end."""
        run_id = self._known_run(run_id)
        experiment = experiment_id(self._client, self._uri, experiment_name())
        model = self._client.create_logged_model(experiment, self.name, source_run_id=run_id, model_type="detector")
        self._client.log_model_artifacts(model.model_id, str(package.folder))
        self._client.finalize_logged_model(model.model_id, "READY")
        if run_id is not None:
            self._attach(model.model_id, run_id)
        self._ensure_model()
        entry = self._client.create_model_version(
            self.name, f"models:/{model.model_id}", run_id=run_id, tags=dict(tags), model_id=model.model_id
        )
        # By this the model's page knows its version; MLflow's own `register_model` sets it too.
        known_as = json.dumps([{"name": self.name, "version": entry.version}])
        self._client.set_logged_model_tags(model.model_id, {MLFLOW_MODEL_VERSIONS: known_as})
        return _version(entry)

    def mark(self, version: Version, tags: Mapping[str, str]) -> None:
        """Set those tags of a version that differ."""
        for key, value in tags.items():
            if version.tags.get(key) != value:
                self._client.set_model_version_tag(self.name, version.number, key, value)

    def holder(self, alias: str) -> Version | None:
        """Return the version that an alias points at, None where it points nowhere."""
        try:
            number = self._client.get_registered_model(self.name).aliases.get(alias)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
        return None if number is None else _version(self._client.get_model_version(self.name, str(number)))

    def point(self, alias: str, version: Version) -> None:
        """Let an alias point at a version."""
        self._client.set_registered_model_alias(self.name, alias, version.number)

    def _known_run(self, run_id: str | None) -> str | None:
        """Drop a training run that this store does not hold: it was recorded elsewhere or waits in the spool."""
        try:
            return run_id and str(self._client.get_run(run_id).info.run_id)
        except MlflowException:
            return None

    def _attach(self, model_id: str, run_id: str) -> None:
        """Let a run's page name the model, and the model's page give the run's scores on test and their data."""
        self._client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])
        run = self._client.get_run(run_id)
        tested = next((one.dataset for one in run.inputs.dataset_inputs if one.dataset.name == "test"), None)
        data = {} if tested is None else {"dataset_name": tested.name, "dataset_digest": tested.digest}
        names = [name for name in run.data.metrics if name.startswith("test/")]
        latest = [self._client.get_metric_history(run_id, name)[-1] for name in names]
        # With the time of the run's own point it is no second point there.
        points = [Metric(m.key, m.value, m.timestamp, m.step, model_id=model_id, run_id=run_id, **data) for m in latest]
        self._client.log_batch(run_id, metrics=points)

    def _ensure_model(self) -> None:
        try:
            self._client.create_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def _version(entry: Any) -> Version:
    return Version(str(entry.version), dict(entry.tags))


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
