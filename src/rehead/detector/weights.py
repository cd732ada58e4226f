"""Where a detector's first weights come from; each source is taken whole or refused, never replaced by another."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import get_model_weights

from rehead.coco.plan import TilePlan
from rehead.detector.architectures import ARCHITECTURES
from rehead.detector.build import Detector, build_detector, tiled
from rehead.detector.heads import swap_heads
from rehead.detector.inheritance import COUNTERS, UNNAMED, Inheritance, fresh_modules, inherit
from rehead.detector.mask_heads.warm_start import fit_mask_branch
from rehead.detector.plan import ModelPlan
from rehead.detector.weight_files import Weights, download_weights, read_weights

EMBEDDED = Path(__file__).parent / "embedded" / "rehead_shapes.safetensors"
_COCO_V1_NORM_EPS = 0.0
"""torchvision trained its COCO_V1 Mask R-CNN with this epsilon in FrozenBatchNorm2d."""
_SHAPING = ("arch", "fpn_channels", "box_head", "mask_layers")
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class SwappedDetector:
    """A detector with new heads, and what it took over from its weights."""

    detector: Detector
    inheritance: Inheritance

    @property
    def source(self) -> str:
        """Give model.weights."""
        return self.inheritance.source

    @property
    def carried(self) -> tuple[str, ...]:
        """Name the classes whose rows were carried over."""
        return self.inheritance.carried


def first_detector(
    plan: ModelPlan, classes: tuple[str, ...], *, tile: TilePlan | None, file: Path | None = None
) -> SwappedDetector:
    """Build what a training starts from: new rows drawn by the plan's seed, and tiles where the dataset has them.

    Arguments and errors are those of `pretrained_detector`.
    """
    torch.manual_seed(plan.seed)
    swapped = pretrained_detector(plan, classes, file=file)
    return replace(swapped, detector=tiled(swapped.detector, tile))


def pretrained_detector(plan: ModelPlan, classes: tuple[str, ...], *, file: Path | None = None) -> SwappedDetector:
    """Build the plan's detector, load its weights and swap its heads for `classes`.

    `file` is where the weights are on this disk if the plan names them by a registry's address.
    Raises ValueError for an unknown source, a download that fails, or weights that do not fit the architecture.
    """
    if plan.weights_fault is not None:
        raise ValueError(plan.weights_fault)
    if plan.weights == "none":
        detector = build_detector(plan, classes)
        fresh = tuple(fresh_modules(detector.model, ()))
        return SwappedDetector(detector, inherit(plan, classes, fresh=fresh))
    if plan.weights.startswith("IMAGENET1K_"):
        return _with_trunk(plan, classes, download_weights(ARCHITECTURES[plan.arch].trunk, plan.weights))
    if plan.weights == "COCO_V1":
        origin = _coco_origin(plan)
        return _with_detector(plan, classes, replace(download_weights(plan.arch, "COCO_V1"), config=origin))
    weights = read_weights(file or (EMBEDDED if plan.weights == "rehead_shapes" else Path(plan.weights)))
    if any(name.startswith("roi_heads.") for name in weights.state):
        return _with_detector(plan, classes, weights)
    return _with_trunk(plan, classes, weights)


def _with_detector(plan: ModelPlan, classes: tuple[str, ...], weights: Weights) -> SwappedDetector:
    """Load a whole Mask R-CNN, then swap its heads; classes of the same name keep their rows."""
    state, origin = weights.state, weights.config
    outputs = state["roi_heads.box_predictor.cls_score.bias"].shape[0]
    known = tuple(origin.get("classes", [UNNAMED.format(n) for n in range(1, outputs)]))
    frozen = not any(name.startswith("backbone.body") and name.endswith(COUNTERS) for name in state)
    detector = build_detector(plan, known, frozen_statistics=frozen, norm_eps=origin.get("norm_eps"))
    fresh = tuple(fresh_modules(detector.model, state))
    if origin.get("model", {}).get("mask_head", "fcn_28") != plan.mask_head:
        state = fit_mask_branch(state, detector.model)
    _load_exactly(detector.model, state, plan, made_with=origin.get("model"))
    swap_heads(detector.model, classes, known=known)
    inherited = inherit(plan, classes, known=known, fresh=fresh, sha256=weights.sha256, origin=origin)
    return SwappedDetector(replace(detector, classes=classes), inherited)


def _coco_origin(plan: ModelPlan) -> dict[str, Any]:
    """Give the class names and the batch-norm epsilon of torchvision's COCO detectors."""
    names = get_model_weights(plan.arch)["COCO_V1"].meta["categories"]
    classes = [UNNAMED.format(label) if name == "N/A" else name for label, name in enumerate(names)][1:]
    return {"classes": classes, "norm_eps": _COCO_V1_NORM_EPS if plan.arch == "maskrcnn_resnet50_fpn" else None}


def _with_trunk(plan: ModelPlan, classes: tuple[str, ...], weights: Weights) -> SwappedDetector:
    """Load a classifier's trunk under torchvision's names; pyramid and heads start fresh."""
    detector = build_detector(plan, classes, frozen_statistics=ARCHITECTURES[plan.arch].trunk.startswith("resnet"))
    body = detector.model.backbone.body
    wanted = body.state_dict()
    found = {name.removeprefix("features."): value for name, value in weights.state.items()}
    _check_fit(wanted, found, plan)
    body.load_state_dict({name: found[name] for name in wanted if name in found}, strict=False)
    fresh = tuple(fresh_modules(detector.model, {f"backbone.body.{name}" for name in found}))
    return SwappedDetector(detector, inherit(plan, classes, fresh=fresh, sha256=weights.sha256))


def _load_exactly(model: nn.Module, state: Mapping[str, Tensor], plan: ModelPlan, *, made_with: Facts | None) -> None:
    wanted = model.state_dict()
    extra = [name for name in state if name not in wanted]
    _check_fit(wanted, state, plan, extra=extra, made_with=made_with)
    model.load_state_dict({name: state[name].to(wanted[name].dtype) for name in wanted if name in state}, strict=False)


def _check_fit(
    wanted: Mapping[str, Tensor],
    given: Mapping[str, Tensor],
    plan: ModelPlan,
    *,
    extra: Sequence[str] = (),
    made_with: Facts | None = None,
) -> None:
    """Raise ValueError unless the weights have every wanted tensor in its shape; `made_with` is their own plan."""
    names = [name for name in wanted if name not in given and not name.endswith(COUNTERS)] + list(extra)
    shapes = [
        f"{name} ({list(given[name].shape)}, not {list(wanted[name].shape)})"
        for name in wanted
        if name in given and given[name].shape != wanted[name].shape
    ]
    parts = [f"{len(names)} names differ, such as {names[0]}"] if names else []
    parts += [f"{len(shapes)} shapes differ, such as {shapes[0]}"] if shapes else []
    if parts:
        cure = _cure(plan, made_with or {})
        raise ValueError(f"model.weights: {plan.weights} does not fit {plan.arch}: {'; '.join(parts)}. {cure}")


def _cure(plan: ModelPlan, made_with: Facts) -> str:
    """Name the settings that the weights were made with, where they are known and others than the plan's."""
    ours = plan.model_dump(mode="json")
    other = {name: made_with[name] for name in _SHAPING if name in made_with and made_with[name] != ours[name]}
    if other:
        told = ", ".join(f"{name}: {json.dumps(value)}" for name, value in other.items())
        return f"The weights were made with {told}: set that in the model section"
    return (
        "Name the arch that the weights were made for, and leave fpn_channels, box_head and mask_layers as they were "
        "then; anchors are three shapes at each place"
    )
