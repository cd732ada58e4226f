"""Files of weights: this disk's own and torchvision's, read without running what is in them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor
from torch.hub import get_dir
from torchvision.models import get_model_weights

from rehead.files import read_json, sha256_of


@dataclass(frozen=True)
class Weights:
    """Tensors by name, the config that was saved with them (classes, plan, norm_eps), and the file's sha256."""

    state: dict[str, Tensor]
    sha256: str
    config: dict[str, Any] = field(default_factory=dict)


def read_weights(path: Path) -> Weights:
    """Read a .safetensors or weights-only .pth file (or a folder with weights.safetensors).

    The config comes from the file's own metadata or from config.json beside it; {} where there is neither.
    """
    if path.is_dir():
        path = next(iter(sorted(path.rglob("weights.safetensors"))), path / "weights.safetensors")
    if not path.is_file():
        raise ValueError(
            f"model.weights: {path} does not exist; give a .safetensors or .pth file, rehead_shapes, COCO_V1, "
            "IMAGENET1K_V1, IMAGENET1K_V2, models:/name@alias or none"
        )
    if path.suffix == ".safetensors":
        return Weights(*_read_safetensors(path))
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(f"model.weights: {path} is no weights-only checkpoint ({type(error).__name__})") from error
    state = state.get("model", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(f"model.weights: {path} holds no state dict of tensors; save model.state_dict() instead")
    return Weights(state, sha256_of(path))


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], str, dict[str, Any]]:
    beside, digest = path.with_name("manifest.json"), sha256_of(path)
    if beside.is_file() and read_json(beside).get(path.name) not in (None, digest):
        raise ValueError(f"model.weights: {path} is damaged (sha256 differs from {beside}): restore it")
    with safe_open(path, framework="pt") as stream:
        state = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 (no mapping)
        embedded = (stream.metadata() or {}).get("config")
    config = path.with_name("config.json")
    if embedded is None and config.is_file():
        return state, digest, dict(read_json(config))
    return state, digest, json.loads(embedded or "{}")


def download_weights(model: str, name: str) -> Weights:
    """Fetch torchvision's weights, or read them from its cache."""
    enum = get_model_weights(model)
    if name not in enum.__members__:
        raise ValueError(f"model.weights: torchvision has no {name} for {model}; it has {', '.join(enum.__members__)}")
    file = enum[name].url.rpartition("/")[2]
    try:
        state = dict(enum[name].get_state_dict(progress=True, check_hash=True))
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"model.weights: {name} could not be fetched ({error}). Without a network, put {file} into "
            f"{get_dir()}/checkpoints, or name a local file"
        ) from error
    return Weights(state, sha256_of(Path(get_dir()) / "checkpoints" / file))
