"""One mask for every class: the box head says what it is, the mask only where.

He et al. 2017 (table 2b and its text) lose 0.6 mask AP by it on 80 classes; with few pictures of each class it learns
from all of them, and its size does not grow with their number.
"""

from dataclasses import replace
from typing import ClassVar

from torch import Tensor

from rehead.detector.mask_heads.fcn import Fcn28Predictor
from rehead.detector.mask_heads.predictor import MaskSize


class AgnosticPredictor(Fcn28Predictor):
    """The plain predictor with one output, shown as one for each class to those who ask by class."""

    class_layers: ClassVar[tuple[str, ...]] = ()

    def __init__(self, size: MaskSize) -> None:
        """Build one output, whatever the number of classes."""
        super().__init__(replace(size, outputs=1))
        self.size = size

    def forward(self, features_nchw: Tensor) -> Tensor:
        """Draw the mask: N,C,14,14 to N,outputs,28,28, all outputs the same memory."""
        return super().forward(features_nchw).expand(-1, self.size.outputs, -1, -1)
