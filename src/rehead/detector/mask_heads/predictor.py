"""What every mask predictor has in common: its size, and which of its layers know the classes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from torch import nn

Norm = Callable[..., nn.Module]


@dataclass(frozen=True)
class MaskSize:
    """Widths of a mask branch."""

    features: int
    """Channels of the feature maps."""
    layers: tuple[int, ...]
    """Channels after each convolution."""
    outputs: int
    """Masks for each box: one a class, and background's, which nothing reads."""
    norm: Norm | None = None
    """Batch norm after each convolution, as torchvision's `v2` has it."""


class MaskPredictor(nn.Module):
    """Turns a box's features N,C,14,14 into mask logits N,outputs,M,M."""

    class_layers: ClassVar[tuple[str, ...]] = ("mask_fcn_logits",)
    """Layers with one row of weights and bias for each class, row 0 background."""

    def __init__(self, size: MaskSize) -> None:
        """Remember the size, by which another one of the same kind is built."""
        super().__init__()
        self.size = size

    def for_outputs(self, outputs: int) -> Self:
        """Build a fresh predictor of the same kind for another number of classes."""
        return type(self)(replace(self.size, outputs=outputs))
