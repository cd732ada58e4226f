"""What a run consists of, as lines of JSON, and its way into MLflow: the same for a live run and a spooled one.

Delivering the same event twice leaves the run as delivering it once does, so an interrupted upload starts again.
"""

import json
import posixpath
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from rehead.tracking.connection import load_mlflow
from rehead.tracking.lineage import has_ended
from rehead.tracking.store import experiment_id

KEY_TAG = "rehead.run"
PROCESS_TAG = "rehead.process"
_BATCH = 100  # MLflow takes 1000 metrics but only 100 parameters or tags a request
_NAME_LENGTH, _DIGEST_LENGTH = 250, 36

T = TypeVar("T")


def milliseconds() -> int:
    """Tell the time as MLflow stores it."""
    return int(time.time() * 1000)


@dataclass(frozen=True)
class Opening:
    """How a run begins. `key` is ours and known before MLflow has given the run its id."""

    key: str
    name: str
    experiment: str
    tags: dict[str, str]
    run_id: str | None = None
    time_ms: int = field(default_factory=milliseconds)

    def as_line(self) -> str:
        """Write as one line of JSON."""
        return json.dumps(asdict(self), allow_nan=False)


@dataclass(frozen=True)
class Event:
    """Something that happened in a run; `kind` is a key of `deliver`'s table and `body` what that kind needs."""

    kind: str
    body: Any
    time_ms: int = field(default_factory=milliseconds)

    def as_line(self) -> str:
        """Write as one line of JSON."""
        return json.dumps(asdict(self), allow_nan=False)


def open_run(client: Any, uri: str, opening: Opening) -> str:
    """Return the id of the run: the one named, if the store knows it, else the one with our key, else a new one."""
    if opening.run_id is not None and _is_known(client, opening.run_id):
        client.update_run(opening.run_id, status="RUNNING")
        _set_tags(client, opening.run_id, Event("tags", opening.tags))
        return opening.run_id
    experiment = experiment_id(client, uri, opening.experiment)
    found = client.search_runs([experiment], f"tags.`{KEY_TAG}` = '{opening.key}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    created = client.create_run(
        experiment, start_time=opening.time_ms, run_name=opening.name, tags={KEY_TAG: opening.key}
    )
    _set_tags(client, created.info.run_id, Event("tags", opening.tags))
    return str(created.info.run_id)


def deliver(client: Any, run_id: str, event: Event) -> None:
    """Send one event of a run."""
    _DELIVERIES[event.kind](client, run_id, event)


def end_orphaned_runs(client: Any, uri: str, experiment: str) -> list[str]:
    """Mark runs as KILLED whose process on this machine ended without a word; returns their ids."""
    running = client.search_runs([experiment_id(client, uri, experiment)], "attributes.status = 'RUNNING'")
    orphans = [run.info.run_id for run in running if has_ended(run.data.tags.get(PROCESS_TAG, ""))]
    for run_id in orphans:
        client.set_terminated(run_id, "KILLED")
    return orphans


def _is_known(client: Any, run_id: str) -> bool:
    exceptions = load_mlflow().exceptions
    try:
        return bool(client.get_run(run_id).info.lifecycle_stage == "active")
    except exceptions.MlflowException as error:
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return False
        raise


def _log_points(client: Any, run_id: str, event: Event) -> None:
    entities = load_mlflow().entities
    points = [entities.Metric(allowed_name(name), value, event.time_ms, step) for name, value, step in event.body]
    for batch in _batches(points):
        client.log_batch(run_id, metrics=batch)


def _log_params(client: Any, run_id: str, event: Event) -> None:
    entities = load_mlflow().entities
    for batch in _batches([entities.Param(allowed_name(name), value) for name, value in event.body.items()]):
        client.log_batch(run_id, params=batch)


def _set_tags(client: Any, run_id: str, event: Event) -> None:
    entities = load_mlflow().entities
    for batch in _batches([entities.RunTag(allowed_name(name), value) for name, value in event.body.items()]):
        client.log_batch(run_id, tags=batch)


def _log_dataset(client: Any, run_id: str, event: Event) -> None:
    entities, split = load_mlflow().entities, event.body["split"]
    source = json.dumps({"uri": event.body["source"]})
    noted = entities.Dataset(split, event.body["fingerprint"][:_DIGEST_LENGTH], "local", source)
    context = entities.InputTag("mlflow.data.context", split)
    client.log_inputs(run_id, datasets=[entities.DatasetInput(noted, [context])])


def _log_artifact(client: Any, run_id: str, event: Event) -> None:
    path = Path(event.body["path"])
    if not path.exists():  # a spooled copy that someone removed; the rest of the run is worth having
        return
    send = client.log_artifacts if path.is_dir() else client.log_artifact
    send(run_id, str(path), event.body["folder"])


def _end(client: Any, run_id: str, event: Event) -> None:
    client.set_terminated(run_id, event.body, end_time=event.time_ms)


def allowed_name(name: str) -> str:
    """Put a name into MLflow's alphabet; class names and paths are not bound to it."""
    return posixpath.normpath(re.sub(r"[^\w.\- :/]", "_", name).strip("/"))[:_NAME_LENGTH]


def _batches(items: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch


_DELIVERIES: Mapping[str, Callable[[Any, str, Event], None]] = {
    "points": _log_points,
    "params": _log_params,
    "tags": _set_tags,
    "dataset": _log_dataset,
    "artifact": _log_artifact,
    "end": _end,
}
