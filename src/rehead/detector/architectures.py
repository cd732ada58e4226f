"""Every Mask R-CNN trunk that torchvision can build, each with a pyramid at strides 4, 8, 16, 32 and 64.

torchvision's own MobileNet helper starts its pyramid at stride 16, where a small object has no mask left; here the
four stages of every trunk feed it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import nn
from torchvision.models import (
    mobilenet_v2,
    mobilenet_v3_large,
    resnet18,
    resnet34,
    resnet50,
    resnet101,
)
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.ops import FrozenBatchNorm2d
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

Norm = Callable[..., nn.Module]


@dataclass(frozen=True)
class Architecture:
    """One trunk; the sizes of what stands on it are in detector/sizes.py."""

    trunk: str
    """torchvision's name of the classifier that the trunk comes from, so of its ImageNet weights too."""
    body: Callable[..., nn.Module]
    """Takes norm_layer=, returns the trunk with its stages as children."""
    stem: tuple[str, ...]
    """Children before the first stage that hold anything to learn: the first convolution and its norm."""
    stages: dict[str, str]
    """Child that ends a stage -> pyramid level; a stage is all children since the one before."""
    channels: tuple[int, ...]
    """Channels at the end of each stage."""
    normalised_heads: bool = False
    """Batch norm in pyramid and heads, four convolutions in the box head: torchvision's `v2` (Li et al. 2021)."""


def _mobilenet_v2(norm_layer: Norm) -> nn.Module:
    return mobilenet_v2(weights=None, norm_layer=norm_layer).features[:18]


def _mobilenet_v3(norm_layer: Norm) -> nn.Module:
    return mobilenet_v3_large(weights=None, norm_layer=partial(norm_layer, eps=0.001)).features[:16]


def _resnet(classifier: Callable[..., nn.Module], norm_layer: Norm) -> nn.Module:
    return classifier(weights=None, norm_layer=norm_layer)


_STEM, _RESNET = ("conv1", "bn1"), {"layer1": "0", "layer2": "1", "layer3": "2", "layer4": "3"}
_BASIC, _BOTTLENECK = (64, 128, 256, 512), (256, 512, 1024, 2048)

ARCHITECTURES: dict[str, Architecture] = {
    "maskrcnn_mobilenet_v2_fpn": Architecture(
        "mobilenet_v2", _mobilenet_v2, ("0",), {"3": "0", "6": "1", "13": "2", "17": "3"}, (24, 32, 96, 320)
    ),
    "maskrcnn_mobilenet_v3_large_fpn": Architecture(
        "mobilenet_v3_large",
        _mobilenet_v3,
        ("0",),
        {"3": "0", "6": "1", "12": "2", "15": "3"},
        (24, 40, 112, 160),
    ),
    "maskrcnn_resnet18_fpn": Architecture("resnet18", partial(_resnet, resnet18), _STEM, _RESNET, _BASIC),
    "maskrcnn_resnet34_fpn": Architecture("resnet34", partial(_resnet, resnet34), _STEM, _RESNET, _BASIC),
    "maskrcnn_resnet50_fpn": Architecture("resnet50", partial(_resnet, resnet50), _STEM, _RESNET, _BOTTLENECK),
    "maskrcnn_resnet101_fpn": Architecture("resnet101", partial(_resnet, resnet101), _STEM, _RESNET, _BOTTLENECK),
    "maskrcnn_resnet50_fpn_v2": Architecture(
        "resnet50", partial(_resnet, resnet50), _STEM, _RESNET, _BOTTLENECK, normalised_heads=True
    ),
}


def build_backbone(architecture: Architecture, channels: int, *, frozen_statistics: bool) -> BackboneWithFPN:
    """Build trunk and pyramid; returns levels "0".."3" and "pool", each `channels` wide.

    `frozen_statistics` takes torchvision's FrozenBatchNorm2d for the trunk of a pretrained ResNet, as its reference
    does; everything else has plain batch norm, whose statistics freeze with its weights.
    """
    plain = not frozen_statistics or architecture.normalised_heads or not architecture.trunk.startswith("resnet")
    body = architecture.body(norm_layer=nn.BatchNorm2d if plain else FrozenBatchNorm2d)
    return BackboneWithFPN(
        body,
        architecture.stages,
        list(architecture.channels),
        channels,
        extra_blocks=LastLevelMaxPool(),
        norm_layer=nn.BatchNorm2d if architecture.normalised_heads else None,
    )
