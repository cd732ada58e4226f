"""Files of a registered model, fetched to this disk."""

from pathlib import Path
from typing import Any

from rehead.tracking.connection import load_mlflow
from rehead.tracking.store import project_root, tracking_uri


def downloaded_model(address: str) -> Path:
    """Fetch `models:/name@alias`, `models:/name/version` or `runs:/...`; returns its folder.

    Raises ValueError if the store does not know it.
    """
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
