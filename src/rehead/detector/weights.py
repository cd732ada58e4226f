"""Where a detector's first weights come from; each source is taken whole or refused, never replaced by another."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor
from torch.hub import get_dir
from torchvision.models import get_model_weights

from rehead.detector.architectures import ARCHITECTURES
from rehead.detector.build import Detector, build_detector
from rehead.detector.heads import swap_heads
from rehead.detector.mask_heads.warm_start import fit_mask_branch
from rehead.detector.plan import ModelPlan
from rehead.files import read_json, sha256_of

EMBEDDED = Path(__file__).parent / "embedded" / "rehead_shapes.safetensors"
_COCO_V1_NORM_EPS = 0.0
"""torchvision trained its COCO_V1 Mask R-CNN with this epsilon in FrozenBatchNorm2d."""
_COUNTERS = ".num_batches_tracked"


@dataclass(frozen=True)
class SwappedDetector:
    """A detector with new heads, what it started from, and the classes whose rows it kept."""

    detector: Detector
    source: str
    carried: tuple[str, ...]


def pretrained_detector(plan: ModelPlan, classes: tuple[str, ...], *, file: Path | None = None) -> SwappedDetector:
    """Build the plan's detector, load its weights and swap its heads for `classes`.

    `file` is where the weights are on this disk if the plan names them by a registry's address.
    Raises ValueError for an unknown source, a download that fails, or weights that do not fit the architecture.
    """
    if plan.weights == "none":
        return SwappedDetector(build_detector(plan, classes), "none", ())
    if plan.weights.startswith("IMAGENET1K_"):
        return _with_trunk(plan, classes, _downloaded(ARCHITECTURES[plan.arch].trunk, plan.weights))
    if plan.weights == "COCO_V1":
        origin = _coco_origin(plan)
        return _with_detector(plan, classes, _downloaded(plan.arch, "COCO_V1"), origin)
    path = EMBEDDED if plan.weights == "rehead_shapes" else Path(plan.weights)
    state, origin = read_weights(file or path)
    if any(name.startswith("roi_heads.") for name in state):
        return _with_detector(plan, classes, state, origin)
    return _with_trunk(plan, classes, state)


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a .safetensors or weights-only .pth file (or a folder with weights.safetensors); returns tensors, config.

    The config (its classes, its norm_eps) comes from the file's own metadata or from config.json beside it; {} where
    there is neither.
    """
    if path.is_dir():
        path = next(iter(sorted(path.rglob("weights.safetensors"))), path / "weights.safetensors")
    if not path.is_file():
        raise ValueError(
            f"model.weights: {path} does not exist; give a .safetensors or .pth file, rehead_shapes, COCO_V1, "
            "IMAGENET1K_V1, models:/name@alias or none"
        )
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(f"model.weights: {path} is no weights-only checkpoint ({type(error).__name__})") from error
    state = state.get("model", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(f"model.weights: {path} holds no state dict of tensors; save model.state_dict() instead")
    return state, {}


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    beside = path.with_name("manifest.json")
    if beside.is_file() and read_json(beside).get(path.name) not in (None, sha256_of(path)):
        raise ValueError(f"model.weights: {path} is damaged (sha256 differs from {beside}): restore it")
    with safe_open(path, framework="pt") as stream:
        state = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 (no mapping)
        embedded = (stream.metadata() or {}).get("config")
    config = path.with_name("config.json")
    if embedded is None and config.is_file():
        return state, dict(read_json(config))
    return state, json.loads(embedded or "{}")


def _with_detector(
    plan: ModelPlan, classes: tuple[str, ...], state: Mapping[str, Tensor], origin: Mapping[str, Any]
) -> SwappedDetector:
    """Load a whole Mask R-CNN, then swap its heads; classes of the same name keep their rows."""
    outputs = state["roi_heads.box_predictor.cls_score.bias"].shape[0]
    known = tuple(origin.get("classes", [f"<unnamed {n}>" for n in range(1, outputs)]))
    frozen = not any(name.startswith("backbone.body") and name.endswith(_COUNTERS) for name in state)
    detector = build_detector(plan, known, frozen_statistics=frozen, norm_eps=origin.get("norm_eps"))
    if origin.get("model", {}).get("mask_head", "fcn_28") != plan.mask_head:
        state = fit_mask_branch(state, detector.model)
    _load_exactly(detector.model, state, plan)
    carried = swap_heads(detector.model, classes, known=known)
    return SwappedDetector(replace(detector, classes=classes), plan.weights, carried)


def _coco_origin(plan: ModelPlan) -> dict[str, Any]:
    """Give the class names and the batch-norm epsilon of torchvision's COCO detectors."""
    if plan.arch not in ("maskrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2"):
        raise ValueError(
            f"model.weights: torchvision has no COCO_V1 weights for {plan.arch}; use IMAGENET1K_V1 or a file"
        )
    classes = get_model_weights(plan.arch)["COCO_V1"].meta["categories"][1:]
    return {"classes": classes, "norm_eps": _COCO_V1_NORM_EPS if plan.arch == "maskrcnn_resnet50_fpn" else None}


def _with_trunk(plan: ModelPlan, classes: tuple[str, ...], state: Mapping[str, Tensor]) -> SwappedDetector:
    """Load a classifier's trunk under torchvision's names; pyramid and heads start fresh."""
    detector = build_detector(plan, classes, frozen_statistics=ARCHITECTURES[plan.arch].trunk.startswith("resnet"))
    body = detector.model.backbone.body
    wanted = body.state_dict()
    found = {name.removeprefix("features."): value for name, value in state.items()}
    missing = [name for name in wanted if name not in found and not name.endswith(_COUNTERS)]
    wrong = [name for name in wanted if name in found and found[name].shape != wanted[name].shape]
    if missing or wrong:
        raise ValueError(_misfit(plan, missing, wrong))
    body.load_state_dict({name: found[name] for name in wanted if name in found}, strict=False)
    return SwappedDetector(detector, plan.weights, ())


def _load_exactly(model: torch.nn.Module, state: Mapping[str, Tensor], plan: ModelPlan) -> None:
    wanted = model.state_dict()
    missing = [name for name in wanted if name not in state and not name.endswith(_COUNTERS)]
    extra = [name for name in state if name not in wanted]
    wrong = [name for name in wanted if name in state and state[name].shape != wanted[name].shape]
    if missing or extra or wrong:
        raise ValueError(_misfit(plan, missing + extra, wrong))
    model.load_state_dict({name: state[name].to(wanted[name].dtype) for name in wanted if name in state}, strict=False)


def _misfit(plan: ModelPlan, names: list[str], shapes: list[str]) -> str:
    parts = [f"{len(names)} names differ, such as {names[0]}"] if names else []
    parts += [f"{len(shapes)} shapes differ, such as {shapes[0]}"] if shapes else []
    return (
        f"model.weights: {plan.weights} does not fit {plan.arch}: {'; '.join(parts)}. Name the arch that the weights "
        "were made for, and leave fpn_channels, box_head and mask_layers as they were then"
    )


def _downloaded(model: str, name: str) -> dict[str, Tensor]:
    """Fetch torchvision's weights, or read them from its cache."""
    enum = get_model_weights(model)
    if name not in enum.__members__:
        raise ValueError(f"model.weights: torchvision has no {name} for {model}; it has {', '.join(enum.__members__)}")
    try:
        return dict(enum[name].get_state_dict(progress=True, check_hash=True))
    except (OSError, RuntimeError) as error:
        file = enum[name].url.rpartition("/")[2]
        raise ValueError(
            f"model.weights: {name} could not be fetched ({error}). Without a network, put {file} into "
            f"{get_dir()}/checkpoints, or name a local file"
        ) from error
