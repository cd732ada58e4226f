"""A project folder with a store of its own, shared by the tests since creating one takes seconds."""

import os
from pathlib import Path
from typing import Any

import pytest

from rehead.tracking.connection import open_client
from rehead.tracking.store import tracking_uri


@pytest.fixture(scope="session")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder whose local store exists."""
    root = tmp_path_factory.mktemp("project").resolve()
    (root / "dvc.yaml").write_text("stages: {}\n")
    named = os.environ.pop("MLFLOW_TRACKING_URI", None)
    try:
        tracking_uri(root)
    finally:
        if named is not None:
            os.environ["MLFLOW_TRACKING_URI"] = named
    return root


@pytest.fixture
def project(shared_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project as working folder, tracking into its own store."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    monkeypatch.chdir(shared_project)
    return shared_project


@pytest.fixture
def client(project: Path) -> Any:
    """A client of the project's local store, wherever the environment points."""
    return open_client(f"sqlite:///{project / 'data' / 'mlflow.db'}")
