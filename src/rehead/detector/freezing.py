"""Freezing that freezes: neither a weight nor a running statistic of a frozen module moves.

A model is a sequence of parts, from the image to the heads; freezing to a depth freezes every part up to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import get_args

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torchvision.models.detection.rpn import RegionProposalNetwork

from rehead.detector.architectures import ARCHITECTURES
from rehead.detector.build import Detector
from rehead.detector.plan import FreezeDepth

DEPTHS: tuple[FreezeDepth, ...] = get_args(FreezeDepth)
"""The shallowest first."""
_TRUNK, _HEADS = "backbone.body", "roi_heads"


@dataclass(frozen=True)
class Part:
    """A part of the model: its name in the report, its modules, its parameters, and whether they learn."""

    name: str
    modules: tuple[str, ...]
    parameters: int
    learns: bool


@dataclass(frozen=True)
class FreezeReport:
    """The parts of a model from the image to the heads, and the names of the frozen modules."""

    parts: tuple[Part, ...]
    modules: tuple[str, ...]

    @property
    def learning(self) -> int:
        """Count the parameters that learn."""
        return sum(part.parameters for part in self.parts if part.learns)

    @property
    def frozen(self) -> int:
        """Count the parameters that do not."""
        return sum(part.parameters for part in self.parts if not part.learns)


def freeze(detector: Detector, depth: FreezeDepth) -> FreezeReport:
    """Let every parameter learn but those up to `depth`; call `learning_mode` before each epoch as well.

    Raises ValueError where the model has no module of a name that the depth stands for.
    """
    table = modules_by_depth(detector)
    detector.model.requires_grad_(True)
    for name in _frozen(table, depth):
        detector.model.get_submodule(name).requires_grad_(False)
    inner = {name.rpartition("+")[2]: modules for name, modules in table.items() if name != "backbone"}
    heads = {name: (f"{_HEADS}.{name}",) for name, _ in detector.model.roi_heads.named_children()}
    parts = (_part(detector.model, name, modules) for name, modules in (inner | heads).items())
    return FreezeReport(tuple(part for part in parts if part.parameters), _frozen(table, depth))


def learning_mode(detector: Detector, depth: FreezeDepth) -> None:
    """Put the model into training mode, its frozen modules into evaluation mode: batch norm would go on counting.

    The RPN itself stays in training mode, in which it gives as many proposals as training asks for, and its losses.
    """
    detector.model.train()
    for name in _frozen(modules_by_depth(detector), depth):
        for module in detector.model.get_submodule(name).modules():
            module.training = isinstance(module, RegionProposalNetwork)


def learns_norms(detector: Detector, depth: FreezeDepth) -> bool:
    """Tell whether a batch norm behind what `depth` freezes learns from what comes out of there."""
    below = tuple(f"{name}." for name in _frozen(modules_by_depth(detector), depth))
    named = detector.model.named_modules()
    return any(isinstance(module, _BatchNorm) and not name.startswith(below) for name, module in named)


def modules_by_depth(detector: Detector) -> dict[FreezeDepth, tuple[str, ...]]:
    """Name the modules that each depth freezes beyond those of the depth before it; none is named in vain.

    `backbone` names the trunk as a whole, which is what the stem and the four stages are together.
    """
    architecture, body = ARCHITECTURES[detector.plan.arch], detector.model.backbone.body
    children = [name for name, child in body.named_children() if child.state_dict()]
    ends = (architecture.stem[-1], *architecture.stages)
    unknown = [name for name in (*architecture.stem, *ends) if name not in children]
    if unknown:
        raise ValueError(
            f"freezing: the trunk of {detector.plan.arch} has no module {', '.join(unknown)} with anything to freeze: "
            f"it has {', '.join(children)}"
        )
    places = [0, *(children.index(end) + 1 for end in ends)]
    stages = zip(DEPTHS[1:6], pairwise(places), strict=True)
    return {depth: tuple(f"{_TRUNK}.{name}" for name in children[start:stop]) for depth, (start, stop) in stages} | {
        "backbone": (_TRUNK,),
        "backbone+fpn": ("backbone.fpn",),
        "backbone+fpn+rpn": ("rpn",),
    }


def _frozen(table: dict[FreezeDepth, tuple[str, ...]], depth: FreezeDepth) -> tuple[str, ...]:
    """Name the modules that a depth freezes, the trunk as a whole where it is frozen as a whole."""
    depths: Sequence[FreezeDepth] = DEPTHS[1 : DEPTHS.index(depth) + 1]
    if "backbone" in depths:
        depths = depths[depths.index("backbone") :]
    return tuple(name for depth in depths for name in table[depth])


def _part(model: nn.Module, name: str, modules: tuple[str, ...]) -> Part:
    parameters = [value for module in modules for value in model.get_submodule(module).parameters()]
    learns = all(value.requires_grad for value in parameters)
    return Part(name, modules, sum(value.numel() for value in parameters), learns)
