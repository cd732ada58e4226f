"""A light mask head: each convolution as one within channels and one across them (Howard et al. 2017, MobileNets)."""

from collections import OrderedDict
from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn
from torch.nn.init import kaiming_normal_, ones_, zeros_

from rehead.detector.mask_heads.predictor import MaskPredictor, MaskSize, Norm


def build_convolutions(size: MaskSize) -> nn.Module:
    """Build the convolutions before the predictor: as many and as wide as the plain head's."""
    return nn.Sequential(*(_block(given, width, size.norm) for given, width in pairwise((size.features, *size.layers))))


def _block(given: int, width: int, norm: Norm | None) -> nn.Module:
    """Build a 3x3 convolution within channels, one across them, the norm if any, and a ReLU."""
    depthwise = nn.Conv2d(given, given, 3, padding=1, groups=given, bias=False)
    kaiming_normal_(depthwise.weight, nonlinearity="linear")
    layers: OrderedDict[str, nn.Module] = OrderedDict(depthwise=depthwise, pointwise=_across(given, width))
    if norm is not None:
        layers["norm"] = norm(width)
    layers["relu"] = nn.ReLU()
    return nn.Sequential(layers)


def _across(given: int, width: int) -> nn.Conv2d:
    layer = nn.Conv2d(given, width, 1)
    kaiming_normal_(layer.weight, nonlinearity="relu")
    assert layer.bias is not None
    zeros_(layer.bias)
    return layer


class SeparablePredictor(MaskPredictor):
    """A separable deconvolution, which starts by repeating each pixel 2x2, then one mask for each class.

    Its layers have names of their own: nothing in it can start from a plain head's weights.
    """

    class_layers: ClassVar[tuple[str, ...]] = ("separable_logits",)

    def __init__(self, size: MaskSize) -> None:
        """Build it; the deconvolution works within channels, after a convolution across them."""
        super().__init__(size)
        width = size.layers[-1]
        self.pointwise = _across(width, width)
        self.deconvolution = nn.ConvTranspose2d(width, width, 2, 2, groups=width)
        self.separable_logits = _across(width, size.outputs)
        ones_(self.deconvolution.weight)
        assert self.deconvolution.bias is not None
        zeros_(self.deconvolution.bias)

    def forward(self, features_nchw: Tensor) -> Tensor:
        """Draw the masks: N,C,14,14 to N,outputs,28,28."""
        logits: Tensor = self.separable_logits(self.deconvolution(self.pointwise(features_nchw)).relu())
        return logits
