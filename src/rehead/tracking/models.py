"""Files of a registered model, fetched to this disk."""

import os
import re
from pathlib import Path
from typing import Any

from rehead.files import read_json
from rehead.tracking.connection import load_mlflow, open_client, silence_of
from rehead.tracking.store import project_root, tracking_uri

_SAME_SCORE = 1e-6


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

    Raises ValueError if the store knows no such run, nothing of an evaluation in it, or another one than the version's:
    who evaluates again leaves it in the same run.
    """
    if address.startswith("runs:/"):
        return downloaded_model(f"{address}/evaluation")
    version = _trained_version(address)
    folder = downloaded_model(f"runs:/{version.run_id}/evaluation")
    registered, file = version.tags.get("mask_AP"), folder / "evaluation.json"
    if registered is None or not file.is_file():
        return folder
    found = read_json(file)["mask"]["AP"]
    if found is None or abs(found - float(registered)) > _SAME_SCORE:
        raise ValueError(
            f"{address}: its run {version.run_id} holds a later evaluation, with mask AP {found} in place of the "
            f"{registered} that it was registered with: name the revision or the folder with the reports of then, or "
            "evaluate with the parameters of then once more"
        )
    return folder


def known_version(address: str) -> Any:
    """Look `models:/name@alias` or `models:/name/version` up in the registry; None for any other form of address.

    Raises ValueError if there is no such version, RuntimeError if the registry is a server that does not answer.
    """
    parts = re.fullmatch(r"models:/([^/@]+)(?:@([^/@]+)|/(\d+))", address)
    if parts is None:
        return None
    name, alias, number = parts.groups()
    uri = tracking_uri(project_root())
    if silence := silence_of(uri):
        raise RuntimeError(f"the model registry at {uri} does not answer ({silence})")
    client, mlflow = open_client(uri), load_mlflow()
    try:
        return client.get_model_version_by_alias(name, alias) if alias else client.get_model_version(name, number)
    except mlflow.MlflowException as error:
        wanted = address.removeprefix("models:/")
        raise ValueError(f"no {wanted} in {uri}: run `dvc repro register`, or name another ({error})") from None


def _trained_version(address: str) -> Any:
    version = known_version(address)
    if version is None:
        raise ValueError(f"{address} names no version: write models:/NAME@ALIAS or models:/NAME/VERSION")
    if not version.run_id:
        raise ValueError(f"{address} was registered without a training run, so no evaluation can be found")
    return version
