"""Which layers of each torchvision detector know the number of classes, and the lines that replace them.

The lines replace what knows classes and keep what does not: the mask predictor's deconvolution, the convolutions before
a dense head's last one, the keypoint predictor. In SSD every convolution of the classification head knows them. For the
focal loss every score starts at 0.01 (Lin et al. 2017, section 4.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

BUILDERS = "from torchvision.models.detection"
_NN = "from torch import nn"
_BOX_IMPORT = f"{BUILDERS}.faster_rcnn import FastRCNNPredictor"
_LOGITS = "head.classification_head"


@dataclass(frozen=True)
class Family:
    """One kind of detector: where its classes are, the code that replaces them, and their number in a state dict."""

    title: str
    layers: str
    """The layers that know the number of classes."""
    imports: tuple[str, ...]
    swap: tuple[str, ...]
    outputs: str
    """Counts the outputs of `state`, a state dict."""
    remark: str = ""
    """What to know before training."""
    sizes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Other arguments of the builder that a state dict decides."""


FASTER = Family(
    "Faster R-CNN",
    "roi_heads.box_predictor",
    (_BOX_IMPORT,),
    (
        "features = model.roi_heads.box_predictor.cls_score.in_features",
        "model.roi_heads.box_predictor = FastRCNNPredictor(features, classes + 1)",
    ),
    'len(state["roi_heads.box_predictor.cls_score.bias"])',
)
MASK = Family(
    "Mask R-CNN",
    "roi_heads.box_predictor, roi_heads.mask_predictor.mask_fcn_logits",
    (_NN, _BOX_IMPORT),
    (
        *FASTER.swap,
        "masks = model.roi_heads.mask_predictor  # its deconvolution knows no class and stays",
        "masks.mask_fcn_logits = nn.Conv2d(masks.mask_fcn_logits.in_channels, classes + 1, kernel_size=1)",
    ),
    FASTER.outputs,
    "rehead does this itself, in the pipeline's stage swap_heads: `rehead init DATA`, then `dvc repro`",
)
KEYPOINT = Family(
    "Keypoint R-CNN",
    "roi_heads.box_predictor",
    FASTER.imports,
    FASTER.swap,
    FASTER.outputs,
    "the keypoint predictor knows points, not classes, and stays; --keypoints gives it another number of points",
    {"num_keypoints": 'len(state["roi_heads.keypoint_predictor.kps_score_lowres.bias"])'},
)
KEYPOINT_IMPORT = f"{BUILDERS}.keypoint_rcnn import KeypointRCNNPredictor"
KEYPOINT_SWAP = (
    "channels = model.roi_heads.keypoint_predictor.kps_score_lowres.in_channels",
    "model.roi_heads.keypoint_predictor = KeypointRCNNPredictor(channels, {keypoints})  # points of one object",
)
RETINANET = Family(
    "RetinaNet",
    f"{_LOGITS}.cls_logits and its num_classes",
    ("import math", _NN),
    (
        "head = model.head.classification_head",
        "outputs = head.num_anchors * (classes + 1)",
        "head.cls_logits = nn.Conv2d(head.cls_logits.in_channels, outputs, kernel_size=3, padding=1)",
        "nn.init.normal_(head.cls_logits.weight, std=0.01)",
        "nn.init.constant_(head.cls_logits.bias, -math.log(99))  # scores start at 0.01, as the focal loss needs",
        "head.num_classes = classes + 1  # by this number the head cuts its outputs",
    ),
    f'len(state["{_LOGITS}.cls_logits.bias"]) // 9',
)
FCOS = Family("FCOS", RETINANET.layers, RETINANET.imports, RETINANET.swap, RETINANET.outputs.removesuffix(" // 9"))
SSD = Family(
    "SSD",
    f"{_LOGITS}: its module_list and num_columns",
    (f"{BUILDERS}.ssd import SSDClassificationHead",),
    (
        "channels = [layer.in_channels for layer in model.head.classification_head.module_list]",
        "anchors = model.anchor_generator.num_anchors_per_location()",
        "model.head.classification_head = SSDClassificationHead(channels, anchors, classes + 1)",
    ),
    f'len(state["{_LOGITS}.module_list.0.bias"]) // 4',
)
SSDLITE = Family(
    "SSDlite",
    SSD.layers,
    ("from functools import partial", _NN, f"{BUILDERS}.ssdlite import SSDLiteClassificationHead"),
    (
        "channels = [layer[1].in_channels for layer in model.head.classification_head.module_list]",
        "anchors = model.anchor_generator.num_anchors_per_location()",
        "norm = partial(nn.BatchNorm2d, eps=0.001, momentum=0.03)  # as in the rest of the model",
        "model.head.classification_head = SSDLiteClassificationHead(channels, anchors, classes + 1, norm)",
    ),
    f'len(state["{_LOGITS}.module_list.0.1.bias"]) // 6',
    "train with two images a batch or more: its last map has one pixel, and batch norm cannot learn from one value",
)
DETECTORS: dict[str, Family] = {
    "fasterrcnn_mobilenet_v3_large_320_fpn": FASTER,
    "fasterrcnn_mobilenet_v3_large_fpn": FASTER,
    "fasterrcnn_resnet50_fpn": FASTER,
    "fasterrcnn_resnet50_fpn_v2": FASTER,
    "fcos_resnet50_fpn": FCOS,
    "keypointrcnn_resnet50_fpn": KEYPOINT,
    "maskrcnn_resnet50_fpn": MASK,
    "maskrcnn_resnet50_fpn_v2": MASK,
    "retinanet_resnet50_fpn": RETINANET,
    "retinanet_resnet50_fpn_v2": RETINANET,
    "ssd300_vgg16": SSD,
    "ssdlite320_mobilenet_v3_large": SSDLITE,
}
"""Every detector that torchvision lists; a test compares."""
