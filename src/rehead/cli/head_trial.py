"""One head-swap program tried: it is run, then its model trains one step and predicts once.

`python -m rehead.cli.head_trial CLASSES [KEYPOINTS]` reads a program from standard input. It is a process of its own,
since a wrong program may do anything, and boxes that are NaN end the process in some of torchvision's operators.
"""

import math
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

_PROGRAM = "<program>"
_SIDE = 64
"""Images of the trial, in pixels; SSD resizes them to its own 300, SSDlite to 320."""
_FEW = 8
"""Proposals that train and detections that are put out, for speed."""
_APART = 0.1
"""Least IoU at which a proposal gives way to a better one."""
_RATE = 1e-4
_HEADS: dict[str, Callable[[Any], dict[str, int]]] = {
    "roi_heads.box_predictor": lambda out: {"scores": out[0].shape[1], "boxes": out[1].shape[1] // 4},
    "roi_heads.mask_predictor": lambda out: {"masks": out.shape[1]},
    "roi_heads.keypoint_predictor": lambda out: {"keypoints": out.shape[1]},
    "head.classification_head": lambda out: {"scores": out.shape[2]},
}
"""How many classes, or points, each head puts out; `boxes` are four numbers each."""


@dataclass(frozen=True)
class Trial:
    """What came out of a model: numbers of outputs, losses of one training step, detections predicted."""

    outputs: Mapping[str, int]
    losses: Mapping[str, float]
    detections: int

    def line(self) -> str:
        """Tell of it in one line."""
        sizes = ", ".join(f"{number} {name}" for name, number in self.outputs.items())
        losses = ", ".join(f"{name.removeprefix('loss_')} {value:.3g}" for name, value in self.losses.items())
        return f"{sizes}, background included; finite losses ({losses}); {self.detections} detections"


def try_program(text: str, *, classes: int, keypoints: int | None = None) -> Trial:
    """Run a program that leaves `model`; train one step on the labels 1 and N, predict once.

    Raises ValueError, with the line of the program if it is one that fails, unless every head that knows classes puts
    out N+1 of them, the keypoint head as many points as asked for, and the losses are finite.
    """
    model = _run(text)
    _lighten(model)
    outputs = _watched(model)
    images, targets = _batch(model, classes)
    try:
        losses = _train(model, images, targets)
        labels = _predict(model, images[:1])
    except (RuntimeError, ValueError, IndexError, AssertionError) as error:
        raise ValueError(f"the model fails in use: {_told(error)}") from error
    expected = {name: classes + 1 if name != "keypoints" else keypoints or number for name, number in outputs.items()}
    if not outputs or outputs != expected:
        raise ValueError(f"the heads put out {outputs}, expected {expected or 'heads that torchvision has'}")
    if not all(map(math.isfinite, losses.values())):
        raise ValueError(f"the losses are not finite: {losses}")
    if len(labels) and int(labels.max()) > classes:
        raise ValueError(f"label {int(labels.max())} was predicted, above the last class, {classes}")
    return Trial(outputs, losses, len(labels))


def _run(text: str) -> nn.Module:
    """Execute the program; returns what it left as `model`."""
    torch.manual_seed(0)
    names: dict[str, Any] = {}
    try:
        exec(compile(text, _PROGRAM, "exec"), names)
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _PROGRAM]
        place = f"line {lines[-1]}" if lines else "the program"
        raise ValueError(f"{place} fails: {_told(error)}") from error
    if not isinstance(names.get("model"), nn.Module):
        raise ValueError("the program leaves no `model`")
    return names["model"]


def _lighten(model: Any) -> None:
    """Let the model see small images and few boxes, and put out whatever it finds."""
    if model.transform.fixed_size is None:
        model.transform.min_size, model.transform.max_size = (_SIDE,), _SIDE
    detecting = getattr(model, "roi_heads", model)
    detecting.score_thresh, detecting.detections_per_img = 0.0, _FEW
    if detecting is not model:
        detecting.fg_bg_sampler.batch_size_per_image = _FEW
        model.rpn.nms_thresh = _APART


def _watched(model: nn.Module) -> dict[str, int]:
    """Hook the heads; the dictionary fills as they are used."""
    outputs: dict[str, int] = {}
    for name, module in model.named_modules():
        if name in _HEADS:
            module.register_forward_hook(lambda _module, _in, out, read=_HEADS[name]: outputs.update(read(out)))
    return outputs


def _batch(model: Any, classes: int) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """Make two images with two objects each, of the first and the last class."""
    boxes = torch.tensor([[4.0, 4.0, 36.0, 36.0], [20.0, 12.0, 60.0, 52.0]])
    masks = torch.zeros(2, _SIDE, _SIDE, dtype=torch.uint8)
    masks[:, 20:36, 20:36] = 1
    target = {"boxes": boxes, "labels": torch.tensor([1, classes]), "masks": masks}
    predictor = getattr(getattr(model, "roi_heads", None), "keypoint_predictor", None)
    if predictor is not None:
        target["keypoints"] = torch.tensor([28.0, 28.0, 1.0]).repeat(2, predictor.out_channels, 1)
    return [torch.rand(3, _SIDE, _SIDE) for _ in range(2)], [dict(target) for _ in range(2)]


def _train(model: nn.Module, images: list[Tensor], targets: list[dict[str, Tensor]]) -> dict[str, float]:
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=_RATE)
    losses: dict[str, Tensor] = model.train()(images, targets)
    sum(losses.values(), torch.zeros(())).backward()
    optimiser.step()
    return {name: value.item() for name, value in losses.items()}


@torch.no_grad()
def _predict(model: nn.Module, images: list[Tensor]) -> Tensor:
    labels: Tensor = model.eval()(images)[0]["labels"]
    return labels


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no message'}"


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    try:
        print(try_program(sys.stdin.read(), classes=numbers[0], keypoints=(*numbers[1:], None)[0]).line())
    except ValueError as fault:
        print(fault)
        sys.exit(1)
