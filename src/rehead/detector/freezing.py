"""Freezing that freezes: neither a weight nor a running statistic of a frozen module moves."""

from dataclasses import dataclass

from torch import nn
from torchvision.models.detection import MaskRCNN

from rehead.detector.plan import FreezeDepth

FROZEN_MODULES: dict[FreezeDepth, tuple[str, ...]] = {
    "none": (),
    "backbone": ("backbone.body",),
    "backbone+fpn": ("backbone.body", "backbone.fpn"),
}


@dataclass(frozen=True)
class FreezeReport:
    """Numbers of parameters that learn and that are frozen, and the names of the frozen modules."""

    learning: int
    frozen: int
    modules: tuple[str, ...]


def freeze(model: MaskRCNN, depth: FreezeDepth) -> FreezeReport:
    """Let every parameter learn but those up to `depth`; call `learning_mode` before each epoch as well."""
    model.requires_grad_(True)
    for module in _frozen(model, depth):
        module.requires_grad_(False)
    learning = sum(p.numel() for p in model.parameters() if p.requires_grad)
    total = sum(p.numel() for p in model.parameters())
    return FreezeReport(learning, total - learning, FROZEN_MODULES[depth])


def learning_mode(model: MaskRCNN, depth: FreezeDepth) -> None:
    """Put the model into training mode, its frozen modules into evaluation mode: batch norm would go on counting."""
    model.train()
    for module in _frozen(model, depth):
        module.eval()


def _frozen(model: MaskRCNN, depth: FreezeDepth) -> list[nn.Module]:
    return [model.get_submodule(name) for name in FROZEN_MODULES[depth]]
