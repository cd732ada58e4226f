"""The shortest correct head swap for every detector that torchvision builds, as a program to paste.

A program leaves `model`, whose heads know N classes and background: label 0 is background, labels 1 to N are classes.
It is written without torch, which takes seconds to import.
"""

import difflib
import json
from dataclasses import dataclass
from pathlib import Path

from rehead.cli.head_swaps import BUILDERS, DETECTORS, KEYPOINT, KEYPOINT_IMPORT, KEYPOINT_SWAP

_STANDARD = ("import math", "from functools import partial")
_BACKBONES = f"{BUILDERS}.backbone_utils import"


@dataclass(frozen=True)
class Part:
    """Lines of a program, and the imports that they need."""

    imports: tuple[str, ...]
    lines: tuple[str, ...]


_NORM = Part(
    ("from functools import partial", "from torchvision.ops import FrozenBatchNorm2d"),
    ("norm = partial(FrozenBatchNorm2d, eps=0.0)  # as for COCO_V1 and what came of it; for others leave eps out",),
)
_COARSE = Part(
    ("from torchvision.ops.feature_pyramid_network import LastLevelP6P7",),
    ('pyramid = {"returned_layers": [2, 3, 4], "extra_blocks": LastLevelP6P7(256, 256)}',),
)


def _resnet(*needed: Part, options: str) -> Part:
    """Build a ResNet-50 whose batch norm stays as it is, as torchvision builds it around pretrained weights."""
    imports = [name for part in needed for name in part.imports]
    lines = [line for part in needed for line in part.lines]
    build = f'model.backbone = resnet_fpn_backbone(backbone_name="resnet50", weights=None, {options})'
    return Part((*imports, f"{_BACKBONES} resnet_fpn_backbone"), (*lines, build))


_FINE_RESNET = _resnet(_NORM, options="norm_layer=norm")
_MOBILENET = Part(
    (f"{_BACKBONES} mobilenet_backbone",),
    (
        'trunk = {"backbone_name": "mobilenet_v3_large", "fpn": True, "trainable_layers": 3}',
        "model.backbone = mobilenet_backbone(weights=None, **trunk)  # its batch norm stays as it is",
    ),
)
_FROZEN_TRUNKS: dict[str, Part] = {
    "fasterrcnn_mobilenet_v3_large_320_fpn": _MOBILENET,
    "fasterrcnn_mobilenet_v3_large_fpn": _MOBILENET,
    "fasterrcnn_resnet50_fpn": _FINE_RESNET,
    "fcos_resnet50_fpn": _resnet(_COARSE, options="**pyramid"),
    "keypointrcnn_resnet50_fpn": _FINE_RESNET,
    "maskrcnn_resnet50_fpn": _FINE_RESNET,
    "retinanet_resnet50_fpn": _resnet(_NORM, _COARSE, options="norm_layer=norm, **pyramid"),
}
"""torchvision freezes the batch norm of these trunks where it loads weights itself; else it would learn."""


def head_program(arch: str, *, classes: int, weights: str = "DEFAULT", keypoints: int | None = None) -> str:
    """Write the program for N classes, background not counted.

    `weights` is DEFAULT (torchvision downloads them), none, or a file with the state dict of such a model for whatever
    number of classes, .safetensors or .pth. `keypoints` are the points of one object, for Keypoint R-CNN only.
    Raises ValueError on an unknown name, fewer than one class, a file that is none, or points where there are none.
    """
    if arch not in DETECTORS:
        raise ValueError(_unknown(arch))
    family = DETECTORS[arch]
    if classes < 1:
        raise ValueError(f"--classes {classes}: give the number of your classes, background not counted")
    if keypoints is not None and family is not KEYPOINT:
        raise ValueError(f"--keypoints {keypoints}: {arch} has none; leave it out, or take keypointrcnn_resnet50_fpn")
    parts = [
        Part((f"{BUILDERS} import {arch}",), (_count(classes),)),
        _loading(arch, weights),
        Part(family.imports, family.swap),
    ]
    if keypoints is not None:
        parts.append(Part((KEYPOINT_IMPORT,), tuple(line.format(keypoints=keypoints) for line in KEYPOINT_SWAP)))
    return "\n".join([*_sorted(parts), "", *(line for part in parts for line in part.lines), ""])


def _count(classes: int) -> str:
    labels = "the label is 1" if classes == 1 else f"labels are 1 to {classes}"
    return f"classes = {classes}  # {labels}, 0 is background"


def _loading(arch: str, weights: str) -> Part:
    """Build the model with the weights that it starts from."""
    if weights == "DEFAULT":
        return Part((), (f'model = {arch}(weights="DEFAULT")',))
    if weights == "none":
        return Part((), (f"model = {arch}(weights=None, weights_backbone=None)",))
    if not Path(weights).is_file():
        raise ValueError(f"--weights {weights}: no such file; give DEFAULT, none, or a .pth or .safetensors file")
    family = DETECTORS[arch]
    trunk = _FROZEN_TRUNKS.get(arch, Part((), ()))
    stored = _state(weights)
    build = [f'sizes = {{"num_classes": {family.outputs}}}']
    build += [f'sizes["{name}"] = {size}' for name, size in family.sizes.items()]
    build += [f"model = {arch}(weights=None, weights_backbone=None, **sizes)"]
    lines = (*stored.lines, *build, *trunk.lines, "model.load_state_dict(state)")
    return Part(stored.imports + trunk.imports, lines)


def _state(weights: str) -> Part:
    """Read a state dict without running any code that the file may hold."""
    path = json.dumps(weights, ensure_ascii=False)
    if Path(weights).suffix == ".safetensors":
        return Part(("from safetensors.torch import load_file",), (f"state = load_file({path})",))
    return Part(("import torch",), (f'state = torch.load({path}, map_location="cpu", weights_only=True)',))


def _sorted(parts: list[Part]) -> list[str]:
    """Sort imports as ruff does: the standard library first, `import` before `from`."""
    found = {line for part in parts for line in part.imports}
    standard = [line for line in _STANDARD if line in found]
    others = sorted(found.difference(standard), key=lambda line: (line.startswith("from"), line))
    return [*standard, *([""] if standard else []), *others]


def _unknown(arch: str) -> str:
    near = difflib.get_close_matches(arch.lower(), DETECTORS, n=3, cutoff=0.3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"--arch {arch}: torchvision builds no such detector{hint} (`rehead heads` lists them all)"
