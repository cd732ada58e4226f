"""A Mask R-CNN of torchvision's parts, with its classes and the plan it was built from."""

from dataclasses import dataclass, replace

import torch
from torch import nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.rpn import RPNHead
from torchvision.ops import FrozenBatchNorm2d

from rehead.coco.plan import TilePlan
from rehead.coco.statistics import LONGEST_TO_SHORTEST
from rehead.detector.architectures import ARCHITECTURES, Architecture, build_backbone
from rehead.detector.fourier_conv import speed_up
from rehead.detector.mask_heads.predictor import MaskSize
from rehead.detector.mask_heads.variants import MASK_HEADS
from rehead.detector.plan import ModelPlan, PoolerName
from rehead.detector.rpn import SampledRPN
from rehead.detector.scaling import TileTransform
from rehead.detector.sizes import SIZES
from rehead.detector.sparse_gradients import SparseGradientConv
from rehead.roi_align.guard import GuardedRoIAlign
from rehead.roi_align.roi_pool import GuardedRoIPool

_LEVELS = ["0", "1", "2", "3"]
_BOX_BINS, _MASK_BINS, _SAMPLES = 7, 14, 2
POOLERS: dict[PoolerName, type[GuardedRoIAlign]] = {"roi_align": GuardedRoIAlign, "roi_pool": GuardedRoIPool}


@dataclass(frozen=True)
class Detector:
    """A model with the names of its classes; label n is `classes[n - 1]`, label 0 is background."""

    model: MaskRCNN
    classes: tuple[str, ...]
    plan: ModelPlan
    frozen_statistics: bool
    """Whether the trunk was built with torchvision's FrozenBatchNorm2d."""
    norm_eps: float | None = None
    """Epsilon of FrozenBatchNorm2d where the weights ask for another than torchvision's default."""
    tile: TilePlan | None = None
    """How larger images are cut, in training as in prediction; None takes every image whole."""


def best_device() -> torch.device:
    """Give the GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def build_detector(
    plan: ModelPlan, classes: tuple[str, ...], *, frozen_statistics: bool = False, norm_eps: float | None = None
) -> Detector:
    """Build an untrained detector for K classes; the heads get K+1 outputs, background first."""
    model = _assemble(plan, len(classes) + 1, frozen_statistics=frozen_statistics)
    if norm_eps is not None:
        for module in model.modules():
            if isinstance(module, FrozenBatchNorm2d):
                module.eps = norm_eps
    return Detector(model, tuple(classes), plan, frozen_statistics, norm_eps)


def tiled(detector: Detector, tile: TilePlan | None) -> Detector:
    """Let a detector work by tiles: `input_size` is then the size at which it sees a full tile."""
    if tile is not None:
        detector.model.transform = TileTransform(detector.model.transform, tile.size)
    return replace(detector, tile=tile)


def _assemble(plan: ModelPlan, outputs: int, *, frozen_statistics: bool) -> MaskRCNN:
    architecture, own = ARCHITECTURES[plan.arch], SIZES[plan.arch]
    shorter = plan.input_size or own.input_size
    channels = plan.fpn_channels or own.fpn_channels
    norm = nn.BatchNorm2d if architecture.normalised_heads else None
    mask_head = MASK_HEADS[plan.mask_head]
    mask_size = MaskSize(channels, plan.mask_layers or own.mask_layers, outputs, norm)
    anchors = _anchors(plan.anchor_sizes or own.anchor_sizes)
    box_head, box_width = _box_head(channels, plan.box_head or own.box_head, architecture)
    model = MaskRCNN(
        build_backbone(architecture, channels, frozen_statistics=frozen_statistics),
        min_size=shorter,
        max_size=plan.max_size or round(shorter * LONGEST_TO_SHORTEST),
        rpn_anchor_generator=anchors,
        rpn_head=RPNHead(channels, anchors.num_anchors_per_location()[0], conv_depth=2 if norm else 1),
        rpn_pre_nms_top_n_test=own.proposals,
        rpn_post_nms_top_n_test=own.proposals,
        box_roi_pool=POOLERS[plan.pooler](_LEVELS, output_size=_BOX_BINS, sampling_ratio=_SAMPLES),
        box_head=box_head,
        box_predictor=FastRCNNPredictor(box_width, outputs),
        box_detections_per_img=plan.max_detections,
        mask_roi_pool=POOLERS[plan.pooler](_LEVELS, output_size=_MASK_BINS, sampling_ratio=_SAMPLES),
        mask_head=mask_head.convolutions(mask_size),
        mask_predictor=mask_head.predictor(mask_size),
    )
    model.rpn, model.roi_heads = SampledRPN(model.rpn), mask_head.roi_heads(model.roi_heads)
    for part in (model.rpn.head, model.roi_heads.box_head, model.roi_heads.mask_head):
        speed_up(part)
    for block in model.backbone.fpn.layer_blocks:
        if len(block) == 1:  # no batch norm behind it, which would spread the gradient over all places
            block[0] = SparseGradientConv(block[0])
    return model


def _anchors(sizes: tuple[int, ...]) -> AnchorGenerator:
    return AnchorGenerator(tuple((size,) for size in sizes), ((0.5, 1.0, 2.0),) * len(sizes))


def _box_head(channels: int, width: int, architecture: Architecture) -> tuple[nn.Module, int]:
    if architecture.normalised_heads:
        bins = (channels, _BOX_BINS, _BOX_BINS)
        return FastRCNNConvFCHead(bins, [channels] * 4, [width], norm_layer=nn.BatchNorm2d), width
    return TwoMLPHead(channels * _BOX_BINS**2, width), width
