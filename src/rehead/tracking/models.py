"""Weights of a registered model, fetched to this disk."""

import tempfile
from pathlib import Path

from rehead.tracking.store import project_root, tracking_uri


def downloaded_weights(address: str) -> Path | None:
    """Fetch `models:/name@alias` (or /version) and return its weights file; None for any other address.

    Raises ValueError if the registry does not know it or the model holds no safetensors weights. MLflow takes 4 to 6 s
    to import, so it is imported only when there is something to fetch.
    """
    if not address.startswith("models:/"):
        return None
    import mlflow

    mlflow.set_tracking_uri(tracking_uri(project_root()))
    try:
        folder = Path(mlflow.artifacts.download_artifacts(address, dst_path=tempfile.mkdtemp(prefix="rehead-weights-")))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        raise ValueError(f"model.weights: {address} could not be fetched from {tracking_uri(project_root())}: {error}") from error
    found = sorted(folder.rglob("weights.safetensors"))
    if not found:
        raise ValueError(f"model.weights: {address} holds no weights.safetensors; name a model that rehead registered")
    return found[0]
