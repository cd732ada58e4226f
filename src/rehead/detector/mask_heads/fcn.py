"""The fully convolutional mask head of Mask R-CNN (He et al. 2017, figure 4), at 28, 56 or 112 pixels a side.

Each doubling above 28 is one more deconvolution of 2x2 taps. It starts as the identity on each tap, so a finer head
begins as exactly the coarser one with every pixel repeated (ReLU changes nothing the second time): pretrained weights
keep their worth, and a comparison of resolutions starts from one point.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

from rehead.detector.mask_heads.predictor import MaskPredictor, MaskSize


def build_convolutions(size: MaskSize) -> nn.Module:
    """Build the 3x3 convolutions before the predictor, under torchvision's names."""
    return MaskRCNNHeads(size.features, list(size.layers), 1, norm_layer=size.norm)


class Fcn28Predictor(MaskPredictor):
    """torchvision's predictor, its names and first values: one deconvolution, then one mask for each class."""

    doublings: ClassVar[int] = 0

    def __init__(self, size: MaskSize) -> None:
        """Build it with `doublings` deconvolutions more."""
        super().__init__(size)
        width = size.layers[-1]
        plain = MaskRCNNPredictor(width, width, size.outputs)
        self.conv5_mask: nn.Module = plain.conv5_mask
        self.finer = nn.ModuleList(_doubling(width) for _ in range(self.doublings))
        self.mask_fcn_logits: nn.Module = plain.mask_fcn_logits

    def forward(self, features_nchw: Tensor) -> Tensor:
        """Draw the masks: N,C,14,14 to N,outputs,M,M."""
        drawn = self.conv5_mask(features_nchw).relu()
        for doubling in self.finer:
            drawn = doubling(drawn).relu()
        logits: Tensor = self.mask_fcn_logits(drawn)
        return logits


class Fcn56Predictor(Fcn28Predictor):
    """Masks of 56 pixels a side."""

    doublings = 1


class Fcn112Predictor(Fcn28Predictor):
    """Masks of 112 pixels a side."""

    doublings = 2


@torch.no_grad()
def _doubling(width: int) -> nn.Module:
    """Build a deconvolution that repeats every pixel 2x2 until it learns better."""
    layer = nn.ConvTranspose2d(width, width, 2, 2)
    layer.weight.copy_(torch.eye(width)[:, :, None, None].expand(-1, -1, 2, 2))
    assert layer.bias is not None
    layer.bias.zero_()
    return layer
