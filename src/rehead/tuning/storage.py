"""Optuna's database, and the name under which a study is found again in it."""

import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback

from rehead.tracking.store import project_root, waiting_lock
from rehead.tuning.plan import TunePlan

_HEARTBEAT_SECONDS = 10
_GRACE_SECONDS = 60
_BUSY_SECONDS = 60
MAX_RETRIES = 2
"""How often a trial is tried again whose process was killed: it may be the trial that kills it."""


def storage_url(plan: TunePlan, root: Path | None = None) -> str:
    """Name the database: `tune.storage`, else REHEAD_OPTUNA_STORAGE, else data/optuna.db of the project."""
    named = plan.storage or os.environ.get("REHEAD_OPTUNA_STORAGE")
    return named or f"sqlite:///{(root or project_root()) / 'data' / 'optuna.db'}"


def study_name(facts: Mapping[str, Any]) -> str:
    """Hash what the scores of a study depend on, so that scores of other data, code or spaces are never mixed in."""
    return "rehead-" + hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def open_study(url: str, name: str, *, lock: Path | None = None) -> optuna.Study:
    """Open or create a study that maximises; the schema is created under a lock, since two at it at once would fail."""
    optuna.logging.set_verbosity(
        optuna.logging.ERROR
    )  # a failed trial is told in a line of our own, without a traceback
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    with waiting_lock(lock or project_root() / "data" / "locks" / "optuna.lock"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        storage = RDBStorage(
            url,
            engine_kwargs={"connect_args": {"timeout": _BUSY_SECONDS}} if url.startswith("sqlite") else None,
            heartbeat_interval=_HEARTBEAT_SECONDS,
            grace_period=_GRACE_SECONDS,
            heartbeat_stale_trial_callback=retry_callback(),
        )
        return optuna.create_study(study_name=name, storage=storage, direction="maximize", load_if_exists=True)


def retry_callback(*, uncounted: int = 0) -> RetryHeartbeatStaleTrialCallback:
    """Queue a killed trial again with the same parameters; of its earlier attempts, some do not count."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return RetryHeartbeatStaleTrialCallback(max_retry=MAX_RETRIES + uncounted)
