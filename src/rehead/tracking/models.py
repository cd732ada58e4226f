"""Files of a registered model, fetched to this disk."""

import os
import re
from pathlib import Path
from typing import Any

from rehead.tracking.connection import load_mlflow, open_client
from rehead.tracking.store import project_root, tracking_uri


def downloaded_model(address: str) -> Path:
    """Fetch `models:/name@alias`, `models:/name/version` or `runs:/...`; returns its folder.

    Raises ValueError if the store does not know it.
    """
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    mlflow: Any = load_mlflow()
    uri = tracking_uri(project_root())
    mlflow.set_tracking_uri(uri)
    try:
        return Path(mlflow.artifacts.download_artifacts(address))
    except (mlflow.MlflowException, OSError) as error:
        raise ValueError(f"{address} could not be fetched from {uri}: {error}") from None


def downloaded_weights(address: str) -> Path | None:
    """Fetch a registered model's weights file; None for any other kind of address.

    Raises ValueError if the registry does not know it or the model holds no safetensors weights.
    """
    if not address.startswith("models:/"):
        return None
    found = sorted(downloaded_model(address).rglob("weights.safetensors"))
    if not found:
        raise ValueError(f"model.weights: {address} holds no weights.safetensors; name a model that rehead registered")
    return found[0]


def downloaded_evaluation(address: str) -> Path:
    """Fetch what the evaluation left in the run `runs:/ID`, or in the run of the version `models:/name@alias`.

    Raises ValueError if the store knows no such run, or nothing of an evaluation in it.
    """
    run = address.removeprefix("runs:/") if address.startswith("runs:/") else _run_of(address)
    return downloaded_model(f"runs:/{run}/evaluation")


def _run_of(address: str) -> str:
    """Find the run that trained a registered version."""
    parts = re.fullmatch(r"models:/([^/@]+)(?:@([^/@]+)|/(\d+))", address)
    if parts is None:
        raise ValueError(f"{address} names no version: write models:/NAME@ALIAS or models:/NAME/VERSION")
    name, alias, number = parts.groups()
    uri = tracking_uri(project_root())
    client, mlflow = open_client(uri), load_mlflow()
    try:
        version = client.get_model_version_by_alias(name, alias) if alias else client.get_model_version(name, number)
    except mlflow.MlflowException as error:
        raise ValueError(f"{address} was not found in {uri}: {error}") from None
    if not version.run_id:
        raise ValueError(f"{address} was registered without a training run, so no evaluation can be found")
    return str(version.run_id)
