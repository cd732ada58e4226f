"""What detector to build: the `model` section of params.yaml."""

import re
from typing import Annotated, Literal

from pydantic import Field

from rehead.params import Section

ArchName = Literal[
    "maskrcnn_mobilenet_v2_fpn",
    "maskrcnn_mobilenet_v3_large_fpn",
    "maskrcnn_resnet18_fpn",
    "maskrcnn_resnet34_fpn",
    "maskrcnn_resnet50_fpn",
    "maskrcnn_resnet101_fpn",
    "maskrcnn_resnet50_fpn_v2",
]
FreezeDepth = Literal[
    "none", "stem", "stage1", "stage2", "stage3", "stage4", "backbone", "backbone+fpn", "backbone+fpn+rpn"
]
"""What does not learn: each depth with all before it, shallowest first; `backbone` ends where `stage4` does.

It belongs to training, and stands here so that params.yaml is checked without torch.
"""
MaskHeadName = Literal["fcn_28", "fcn_56", "fcn_112", "separable_28", "agnostic_28", "pointrend_112"]
"""The number is the side of the mask that the head puts out, in pixels of its own."""
PoolerName = Literal["roi_align", "roi_pool"]
Channels = Annotated[int, Field(ge=8, le=4096)]
_OF_SHAPES: ArchName = "maskrcnn_mobilenet_v2_fpn"
"""The architecture of the weights `rehead_shapes`."""
_ONE_CLASSIFIER = ("maskrcnn_resnet18_fpn", "maskrcnn_resnet34_fpn")
"""Those whose trunk torchvision trained once; it trained the others twice."""
_FETCHED = re.compile(r"(coco|imagenet)(1k)?(_v\d+)?", re.IGNORECASE)
"""Names that can but mean weights of torchvision's; a file or folder called so is written ./coco."""


def fetched_weights(arch: ArchName) -> tuple[str, ...]:
    """List the weights that torchvision has for an architecture, those of the whole detector first."""
    whole = ("COCO_V1",) if arch in ("maskrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2") else ()
    return (*whole, "IMAGENET1K_V1", *(() if arch in _ONE_CLASSIFIER else ("IMAGENET1K_V2",)))


class ModelPlan(Section):
    """The detector's shape and its starting weights."""

    arch: ArchName = _OF_SHAPES
    """Trunk and pyramid."""
    weights: str = "rehead_shapes"
    """`COCO_V1`, `IMAGENET1K_V1`, `IMAGENET1K_V2`, `rehead_shapes`, `none`, a file, or `models:/name@alias`."""
    input_size: int | None = Field(None, ge=32, le=4096)
    """Shorter side of the image as the network sees it, in pixels; with data.tile, the side of a full tile. Null is
    the architecture's own, 320 or 800."""
    max_size: int | None = Field(None, ge=32, le=8192)
    """Longest side that the network sees, in pixels; 5/3 of input_size where it is not given."""
    fpn_channels: Channels | None = None
    """Channels of the pyramid's maps; null is the architecture's own."""
    box_head: Channels | None = None
    """Width of the box head's fully connected layers; null is the architecture's own."""
    mask_head: MaskHeadName = "fcn_28"
    """How masks are predicted; the number is the side of the mask that comes out, in pixels of its own."""
    mask_layers: tuple[Channels, ...] | None = Field(None, min_length=1, max_length=8)
    """Channels of the mask head's convolutions, one number a layer; null is the architecture's own."""
    pooler: PoolerName = "roi_align"
    """How boxes are read from the feature maps; `roi_pool` rounds to whole pixels and is there to be compared with."""
    anchor_sizes: tuple[int, ...] | None = Field(None, min_length=5, max_length=5)
    """Anchor sides of the five pyramid levels, in pixels of the resized image; null is the architecture's own."""
    max_detections: int = Field(100, ge=1, le=2000)
    """Most objects reported for one image, or one tile and then the whole image; the evaluator uses the same number."""

    seed: int = Field(0, ge=0)
    """Seed of the new heads' first weights."""

    @property
    def weights_fault(self) -> str | None:
        """Say why these weights cannot be had for this architecture; None for all that is only known at the start."""
        fetched = fetched_weights(self.arch)
        if self.weights == "rehead_shapes" and self.arch != _OF_SHAPES:
            return f"model.weights: rehead_shapes fit {_OF_SHAPES} alone; for {self.arch} set weights: {fetched[0]}"
        if self.weights in fetched or not _FETCHED.fullmatch(self.weights):
            return None
        other = "; or set model.arch: maskrcnn_resnet50_fpn_v2" if self.weights == "COCO_V1" else ""
        return (
            f"model.weights: torchvision has no {self.weights} weights for {self.arch}; "
            f"it has {', '.join(fetched)}{other}"
        )
