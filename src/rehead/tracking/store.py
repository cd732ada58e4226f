"""Where runs are kept: the team's MLflow, or a local SQLite file that is there whole or not at all."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rehead.tracking.connection import StoreUnavailable, load_mlflow


def project_root(start: Path | None = None) -> Path:
    """Find the project folder: the nearest one upwards with a dvc.yaml, else the one started in.

    A DVC experiment runs in a copy below `.dvc/tmp/exps`; its home is the project that holds this `.dvc`, so that
    what it records outlives the copy.
    """
    here = (start or Path.cwd()).resolve()
    folders = [here, *here.parents]
    for folder in folders:
        if folder.parts[-3:] == (".dvc", "tmp", "exps"):
            return folder.parents[2]
    return next((folder for folder in folders if (folder / "dvc.yaml").is_file()), here)


def tracking_uri(root: Path | None = None) -> str:
    """Name the MLflow store: MLFLOW_TRACKING_URI, else `data/mlflow.db` of the project, created if absent.

    Raises ValueError for a store that a run in another folder would not find.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(root or project_root()) / 'data' / 'mlflow.db'}"
    file = _local_file(uri)
    if file is None and (uri.startswith(("file:", "sqlite:")) or ":" not in uri):
        raise ValueError(
            f"MLFLOW_TRACKING_URI is {uri!r}: name a server (http://host:port), a database, "
            "or an SQLite file by its absolute path (sqlite:////folder/mlflow.db)"
        )
    if file is not None:
        create_store(file)
    return uri


def create_store(file: Path) -> None:
    """Create MLflow's tables once: two processes at it together break the file for good, so a lock and a rename.

    Costs 1.2 to 5 s the first time, in a process that needs MLflow anyway (`mlflow db upgrade` takes 8.7 s).
    """
    if file.is_file():
        return
    with waiting_lock(file.with_name(f".{file.name}.lock")):
        if file.is_file():
            return
        load_mlflow()
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # loads MLflow, see load_mlflow

        unfinished = file.with_name(f".{file.name}.{os.getpid()}.tmp")
        try:
            store = SqlAlchemyStore(f"sqlite:///{unfinished}", str(_artifacts(file)))
            store.create_experiment(experiment_name(), artifact_location=str(_artifacts(file) / experiment_name()))
            store.engine.dispose()
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)


def experiment_name() -> str:
    """Name the MLflow experiment: MLFLOW_EXPERIMENT_NAME, else `rehead`."""
    return os.environ.get("MLFLOW_EXPERIMENT_NAME") or "rehead"


def experiment_id(client: Any, uri: str, name: str) -> str:
    """Find or create an experiment; beside a local SQLite file its artifacts lie in `mlartifacts`.

    A deleted experiment stays deleted and keeps its name, so the next free `name-2`, `name-3` takes its place.
    """
    wanted, number = name, 1
    while (found := client.get_experiment_by_name(name)) is not None and found.lifecycle_stage != "active":
        number += 1
        name = f"{wanted}-{number}"
    if found is None:
        file = _local_file(uri)
        try:
            return str(client.create_experiment(name, None if file is None else str(_artifacts(file) / name)))
        except load_mlflow().MlflowException as error:
            found = client.get_experiment_by_name(name)  # another process was faster
            if found is None:
                raise StoreUnavailable(str(error)) from error
    return str(found.experiment_id)


@contextmanager
def waiting_lock(path: Path) -> Iterator[None]:
    """Hold a lock file for the block, waiting for whoever holds it; a killed holder lets go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _local_file(uri: str) -> Path | None:
    """Return the file of an SQLite store with an absolute path, None for any other store."""
    prefix = "sqlite:///"
    path = Path(uri.removeprefix(prefix).partition("?")[0])
    return path if uri.startswith(prefix) and path.is_absolute() else None


def _artifacts(file: Path) -> Path:
    return file.parent / "mlartifacts"
