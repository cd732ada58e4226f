"""The exact model to start with, for each kind of segmentation and what matters most: one plain table.

A test holds torchvision's names against the installed torchvision and rehead's against its own parameters. The other
two libraries are not installed here; their names are those of Detectron2's model zoo and of the model cards of
Mask2Former (Cheng et al. 2022).
"""

from dataclasses import dataclass
from typing import Any, Literal

from rehead.cli.routing.answers import Want

Task = Literal["instance", "semantic", "panoptic"]


@dataclass(frozen=True)
class Setting:
    """One line of params.yaml: `section.key`, the value as YAML has it, and the reason where the data gave it."""

    name: str
    value: Any
    because: str = ""


@dataclass(frozen=True)
class Start:
    """A model under its exact name: who builds it, its weights, why it; settings for params.yaml, or Python lines."""

    library: str
    model: str
    weights: str
    why: str
    settings: tuple[Setting, ...] = ()
    code: tuple[str, ...] = ()


def _ours(why: str, **model: str | int) -> Start:
    settings = tuple(Setting(f"model.{key}", value) for key, value in model.items())
    return Start("rehead", str(model["arch"]), str(model["weights"]), why, settings)


def _torchvision(model: str, weights: str, why: str, *heads: str) -> Start:
    """Swap the last convolution of each of a model's heads."""
    swaps = (f"{head} = nn.Conv2d({head}.in_channels, CLASSES, 1)" for head in heads)
    code = (
        "from torch import nn",
        f"from torchvision.models.segmentation import {weights.partition('.')[0]}, {model}",
        "CLASSES = 3  # yours, and one for the rest",
        f"model = {model}(weights={weights})",
        *swaps,
    )
    return Start("torchvision", model, weights, why, code=code)


def _mask2former(size: str, why: str) -> Start:
    name = f"facebook/mask2former-swin-{size}-coco-panoptic"
    code = (
        "from transformers import AutoImageProcessor, Mask2FormerForUniversalSegmentation",
        f'processor = AutoImageProcessor.from_pretrained("{name}")',
        f'model = Mask2FormerForUniversalSegmentation.from_pretrained("{name}")',
    )
    return Start("transformers", f"mask2former-swin-{size}", name, why, code=code)


_PANOPTIC_FPN = "COCO-PanopticSegmentation/panoptic_fpn_R_50_3x.yaml"

STARTS: dict[tuple[Task, Want], Start] = {
    ("instance", Want.SPEED): _ours(
        "a MobileNetV2 with small heads, made for processors without a GPU; its weights come with rehead and are of "
        "drawn shapes, so the trunk must learn too (train.freeze: none)",
        arch="maskrcnn_mobilenet_v2_fpn",
        weights="rehead_shapes",
        input_size=320,
        mask_head="fcn_28",
    ),
    ("instance", Want.ACCURACY): _ours(
        "the strongest Mask R-CNN for which torchvision has weights trained on COCO; training wants a GPU",
        arch="maskrcnn_resnet50_fpn_v2",
        weights="COCO_V1",
        input_size=800,
        mask_head="fcn_28",
    ),
    ("instance", Want.BORDERS): _ours(
        "the same detector with masks of 56x56 instead of 28x28 in each box. That pays only where 28x28 loses detail, "
        "which `rehead ceiling` tells before any training. The next step is mask_head: pointrend_112",
        arch="maskrcnn_resnet50_fpn_v2",
        weights="COCO_V1",
        input_size=800,
        mask_head="fcn_56",
    ),
    ("semantic", Want.SPEED): _torchvision(
        "lraspp_mobilenet_v3_large",
        "LRASPP_MobileNet_V3_Large_Weights.COCO_WITH_VOC_LABELS_V1",
        "the smallest segmentation model of torchvision",
        "model.classifier.low_classifier",
        "model.classifier.high_classifier",
    ),
    ("semantic", Want.ACCURACY): _torchvision(
        "deeplabv3_resnet101",
        "DeepLabV3_ResNet101_Weights.COCO_WITH_VOC_LABELS_V1",
        "the best mIoU in torchvision's own table of segmentation weights",
        "model.classifier[-1]",
        "model.aux_classifier[-1]",
    ),
    ("semantic", Want.BORDERS): Start(
        "segmentation_models_pytorch",
        "Unet",
        'encoder_name="resnet34", encoder_weights="imagenet"',
        "a U-Net leads fine features past the bottleneck up to full resolution, while torchvision's models predict at "
        "an eighth of it and enlarge the result",
        code=(
            "import segmentation_models_pytorch as smp",
            "CLASSES = 3  # yours, and one for the rest",
            'model = smp.Unet(encoder_name="resnet34", encoder_weights="imagenet", in_channels=3, classes=CLASSES)',
        ),
    ),
    ("panoptic", Want.SPEED): Start(
        "detectron2",
        "panoptic_fpn_R_50_3x",
        _PANOPTIC_FPN,
        "Panoptic FPN (Kirillov et al. 2019): a Mask R-CNN with one more branch, for stuff, on the same pyramid",
        code=("from detectron2 import model_zoo", f'model = model_zoo.get("{_PANOPTIC_FPN}", trained=True)'),
    ),
    ("panoptic", Want.ACCURACY): _mask2former(
        "large",
        "the largest Mask2Former with weights trained on COCO's panoptic labels; training wants a large GPU",
    ),
    ("panoptic", Want.BORDERS): _mask2former(
        "base",
        "Mask2Former draws its masks on a quarter of the image's resolution, not on a grid in each box; a size below "
        "the largest leaves memory for larger images, which is what borders need",
    ),
}
