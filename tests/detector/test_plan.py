"""Which weights there are for an architecture is known without torch, and is what torchvision has."""

from typing import get_args

import pytest
from torchvision.models import get_model_weights, list_models

from rehead.detector.architectures import ARCHITECTURES
from rehead.detector.plan import ArchName, ModelPlan, fetched_weights


def fault_of(weights: str, arch: str = "maskrcnn_mobilenet_v2_fpn") -> str | None:
    return ModelPlan.model_validate({"arch": arch, "weights": weights}).weights_fault


@pytest.mark.parametrize("arch", get_args(ArchName))
def test_the_weights_of_an_architecture_are_those_that_torchvision_has(arch: ArchName) -> None:
    whole = tuple(weights.name for weights in get_model_weights(arch)) if arch in list_models() else ()
    trunk = tuple(weights.name for weights in get_model_weights(ARCHITECTURES[arch].trunk))
    assert fetched_weights(arch) == whole + trunk


@pytest.mark.parametrize("weights", ["rehead_shapes", "none", "IMAGENET1K_V2", "models:/a@b", "coco/w.pth", "./COCO"])
def test_weights_that_may_fit_have_no_fault(weights: str) -> None:
    assert fault_of(weights) is None


@pytest.mark.parametrize(
    ("weights", "arch", "cure"),
    [
        ("COCO_V1", "maskrcnn_mobilenet_v2_fpn", "or set model.arch: maskrcnn_resnet50_fpn_v2"),
        ("COCO_V2", "maskrcnn_resnet50_fpn_v2", "it has COCO_V1, IMAGENET1K_V1, IMAGENET1K_V2"),
        ("coco_v1", "maskrcnn_resnet50_fpn", "it has COCO_V1,"),
        ("IMAGENET1K_V2", "maskrcnn_resnet18_fpn", "it has IMAGENET1K_V1"),
        ("rehead_shapes", "maskrcnn_resnet50_fpn_v2", "set weights: COCO_V1"),
        ("rehead_shapes", "maskrcnn_resnet34_fpn", "set weights: IMAGENET1K_V1"),
    ],
)
def test_weights_that_cannot_be_had_are_told_with_the_cure(weights: str, arch: str, cure: str) -> None:
    assert cure in str(fault_of(weights, arch))
