"""What holds for every test: no telemetry, no window system, no store but its own, the same examples each time."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_UV_AUTO_DETECT="false",
    MLFLOW_LOG_UV_FILES="false",
    DVC_NO_ANALYTICS="true",
    MPLBACKEND="Agg",
)
# What a terminal can do is none of a test's business, nor which one the tests were started from.
for name in ("TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(name, None)
# Started in the background, a process ignores these, and so do all that it starts: no test of them would mean anything.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
# A machine that is busy with other things must not fail a test, and a failure must come again when asked for.
settings.register_profile("repository", deadline=None, derandomize=True)
settings.load_profile("repository")


@pytest.fixture(autouse=True)
def no_outer_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the caller's tracking server and DVC stage out of the tests."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID", "DVC_STAGE", "DVC_ROOT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a canonical dataset small enough to see through: 5, 2 and 2 drawn images of 64 pixels."""
    from rehead.coco.ingestion import ingest
    from rehead.coco.plan import DataPlan, ShapesPlan

    folder = tmp_path_factory.mktemp("drawn") / "dataset"
    ingest(DataPlan(shapes=ShapesPlan(train=5, val=2, test=2, size=64)), folder)
    return folder


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give MLflow's database before the first run: making one takes seconds, copying it none."""
    from rehead.tracking.store import create_store

    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    create_store(file)
    return file
