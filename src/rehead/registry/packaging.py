"""A detector as an MLflow model folder: models-from-code, safetensors and a manifest of hashes, no pickle.

The folder holds rehead's own serving source, so it serves where rehead is not installed, and no absolute path.
"""

import base64
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import AnyType, Array
from PIL import Image

from rehead.evaluation.plan import ViewPlan
from rehead.files import read_json, replaced_folder, sha256_of, write_json
from rehead.registry.plan import RegisterPlan
from rehead.registry.source import PACKAGE, copy_source, pinned_requirements, source_of
from rehead.serving.manifest import write_manifest
from rehead.serving.settings import Settings

ENTRY = PACKAGE / "serving" / "entry.py"
_CONTENT = ("weights.safetensors", "config.json")
_SERVED = ("artifacts", "code")
_EXAMPLE_SIDE = 64
_MLFLOW_SETTINGS = {
    # Else MLflow copies a uv.lock and a pyproject.toml of the working folder, with addresses of registries.
    "MLFLOW_UV_AUTO_DETECT": "false",
    "MLFLOW_LOG_UV_FILES": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


@dataclass(frozen=True)
class Package:
    """A model folder and the hashes by which it is known."""

    folder: Path
    model_sha256: str
    """Covers weights and configuration alone: the same model packaged again has the same one."""
    package_sha256: str
    """Covers the model, its serving settings and the packaged source: packaged again unchanged, it is the same.

    Other thresholds are another package of the same model.
    """
    manifest_sha256: str
    """Covers every file of the folder, MLflow's own included: packaging again changes it."""


def content_hash(detector_folder: Path) -> str:
    """Hash a detector's weights and configuration; returns 64 hex digits."""
    return _hash_of(detector_folder, _CONTENT)


def package_hash(folder: Path) -> str:
    """Hash what a model folder serves: the detector, its settings and its source; returns 64 hex digits."""
    return _hash_of(folder, _SERVED)


def settings_of(plan: RegisterPlan, evaluation: Mapping[str, Any]) -> Settings:
    """Let a package answer as it was evaluated: by reports/evaluation.json's thresholds, unless the plan names one."""
    pixels, views = plan.max_megapixels * 1_000_000, evaluation.get("augment")
    augment = None if views is None else ViewPlan(**views)
    if plan.score_threshold is not None:
        return Settings(plan.score_threshold, pixels, augment=augment)
    chosen = (evaluation.get("thresholds") or {}).get("classes", {})
    thresholds = {name: threshold["score"] for name, threshold in chosen.items()}
    return Settings(max_pixels=pixels, thresholds=thresholds, augment=augment)


def package_detector(detector_folder: Path, destination: Path, *, settings: Settings) -> Package:
    """Write the model folder of a saved detector; `settings` hold for requests that do not say otherwise."""
    source, model = source_of("rehead.serving.entry"), read_json(detector_folder / "config.json")["model"]
    with tempfile.TemporaryDirectory() as scratch, replaced_folder(destination) as fresh, _quiet_mlflow():
        settings_file = Path(scratch) / "serving.json"
        write_json(settings_file, settings.as_dict())
        detector = Path(scratch) / "detector"
        detector.mkdir()
        for name in (*_CONTENT, "manifest.json"):
            shutil.copyfile(detector_folder / name, detector / name)
        mlflow.pyfunc.save_model(
            path=str(fresh),
            python_model=str(ENTRY),
            artifacts={"detector": str(detector), "settings": str(settings_file)},
            code_paths=[str(copy_source(source, Path(scratch)))],
            signature=_signature(None if settings.thresholds else settings.score_threshold),
            input_example=_example(),
            metadata=settings.as_dict() | {"max_detections": model["max_detections"]},
            pip_requirements=pinned_requirements(source.others),
        )
        _relate_paths(fresh)
        digest = write_manifest(fresh)
    return Package(destination, content_hash(detector_folder), package_hash(destination), digest)


def _hash_of(folder: Path, names: tuple[str, ...]) -> str:
    hashes = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in names)
    return hashlib.sha256(hashes.encode()).hexdigest()


def _signature(score_threshold: float | None) -> ModelSignature:
    """Describe the request and its answer; `image` is of any type since it may be text or bytes, and we check it.

    Without one threshold for all classes there is no default: MLflow would send it along with every request.
    """
    numbers, texts = Array(DataType.double), Array(DataType.string)
    return ModelSignature(
        inputs=Schema([ColSpec(AnyType(), "image")]),
        outputs=Schema(
            [
                ColSpec(Array(numbers), "boxes"),
                ColSpec(Array(DataType.long), "labels"),
                ColSpec(texts, "class_names"),
                ColSpec(numbers, "scores"),
                ColSpec(AnyType(), "masks"),
            ]
        ),
        params=ParamSchema(
            [
                ParamSpec("score_threshold", DataType.double, score_threshold),
                ParamSpec("mask_format", DataType.string, "rle"),
            ]
        ),
    )


def _example() -> pd.DataFrame:
    """Make a request of one small image: a disc on a gradient."""
    y, x = np.mgrid[:_EXAMPLE_SIDE, :_EXAMPLE_SIDE]
    disc = (x - 32) ** 2 + (y - 32) ** 2 < 18**2
    pixels = np.stack([3 * x, 3 * y, 255 * disc], axis=-1).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return pd.DataFrame({"image": [base64.b64encode(stream.getvalue()).decode("ascii")]})


def _relate_paths(folder: Path) -> None:
    """Replace the absolute paths that MLflow records of the machine which packaged the model; it never reads them."""
    model = Model.load(str(folder))
    flavour = model.flavors[mlflow.pyfunc.FLAVOR_NAME]
    flavour["model_code_path"] = ENTRY.name
    for artifact in flavour["artifacts"].values():
        artifact["uri"] = artifact["path"]
    model.save(str(folder / "MLmodel"))


@contextmanager
def _quiet_mlflow() -> Iterator[None]:
    """Set MLflow's environment for the block and put back what was there."""
    before = {name: os.environ.get(name) for name in _MLFLOW_SETTINGS}
    os.environ.update(_MLFLOW_SETTINGS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
