"""What detector to build: the `model` section of params.yaml."""

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


class ModelPlan(Section):
    """The detector's shape and its starting weights; None means the architecture's own value."""

    arch: ArchName = "maskrcnn_mobilenet_v2_fpn"
    weights: str = "rehead_shapes"
    """`COCO_V1`, `IMAGENET1K_V1`, `IMAGENET1K_V2`, `rehead_shapes`, `none`, a file, or `models:/name@alias`."""
    input_size: int | None = Field(None, ge=32, le=4096)
    """Shorter side of the image as the network sees it, in pixels; with data.tile, the side of a full tile."""
    max_size: int | None = Field(None, ge=32, le=8192)
    """Longest side that the network sees, in pixels; 5/3 of input_size where it is not given."""
    fpn_channels: Channels | None = None
    box_head: Channels | None = None
    """Width of the box head's fully connected layers."""
    mask_head: MaskHeadName = "fcn_28"
    mask_layers: tuple[Channels, ...] | None = Field(None, min_length=1, max_length=8)
    """Channels of the mask head's convolutions, one number a layer."""
    pooler: PoolerName = "roi_align"
    """How boxes are read from the feature maps; `roi_pool` rounds to whole pixels and is there to be compared with."""
    anchor_sizes: tuple[int, ...] | None = Field(None, min_length=5, max_length=5)
    """Anchor side for each of the five pyramid levels, in pixels of the resized image."""
    max_detections: int = Field(100, ge=1, le=2000)
    """Most objects reported for one image, or one tile and then the whole image; the evaluator uses the same number."""

    seed: int = Field(0, ge=0)
    """Seed of the new heads' first weights."""
