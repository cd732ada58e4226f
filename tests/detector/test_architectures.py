from typing import get_args

import pytest
import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN, maskrcnn_resnet50_fpn, maskrcnn_resnet50_fpn_v2

from rehead.detector.architectures import ARCHITECTURES
from rehead.detector.build import Detector, build_detector
from rehead.detector.plan import ArchName, ModelPlan
from rehead.detector.sizes import SIZES

SMALL = {"fpn_channels": 16, "box_head": 16, "mask_layers": (16,), "input_size": 64}
COUNTER = "num_batches_tracked"


def small_detector(arch: str, classes: tuple[str, ...] = ("nut", "bolt")) -> Detector:
    return build_detector(ModelPlan.model_validate({"arch": arch, "weights": "none", **SMALL}), classes)


def target() -> dict[str, Tensor]:
    mask = torch.zeros(1, 64, 64, dtype=torch.uint8)
    mask[0, 10:40, 12:50] = 1
    return {"boxes": torch.tensor([[12.0, 10.0, 50.0, 40.0]]), "labels": torch.tensor([2]), "masks": mask}


def test_params_may_name_exactly_the_architectures_there_are() -> None:
    assert set(get_args(ArchName)) == set(ARCHITECTURES)


def test_every_architecture_has_its_sizes() -> None:
    assert list(SIZES) == list(ARCHITECTURES)


def test_a_detector_has_the_sizes_of_its_architecture_where_the_plan_names_none() -> None:
    model, own = build_detector(ModelPlan(), ("nut",)).model.eval(), SIZES[ModelPlan().arch]
    anchors = tuple(size for (size,) in model.rpn.anchor_generator.sizes)
    assert (model.backbone.out_channels, anchors) == (own.fpn_channels, own.anchor_sizes)
    assert (model.transform.min_size, model.rpn.post_nms_top_n()) == ((own.input_size,), own.proposals)
    assert model.roi_heads.box_head.fc7.out_features == own.box_head
    assert model.roi_heads.mask_predictor.conv5_mask.in_channels == own.mask_layers[-1]


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_pyramid_has_strides_from_4_to_64(arch: str) -> None:
    backbone = small_detector(arch).model.backbone.eval()
    levels = backbone(torch.zeros(1, 3, 128, 128))
    assert [tuple(level.shape[-2:]) for level in levels.values()] == [(128 // s,) * 2 for s in (4, 8, 16, 32, 64)]


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_architecture_learns_all_five_losses(arch: str) -> None:
    torch.manual_seed(0)
    losses = small_detector(arch).model.train()([torch.rand(3, 64, 64)], [target()])
    assert len(losses) == 5
    assert all(bool(torch.isfinite(loss)) for loss in losses.values())


@pytest.mark.parametrize(
    ("arch", "reference"),
    [("maskrcnn_resnet50_fpn", maskrcnn_resnet50_fpn), ("maskrcnn_resnet50_fpn_v2", maskrcnn_resnet50_fpn_v2)],
)
def test_torchvisions_own_detectors_have_the_same_tensors(arch: str, reference: type[MaskRCNN]) -> None:
    theirs = reference(weights=None, weights_backbone=None, num_classes=3).state_dict()
    plan = ModelPlan.model_validate({"arch": arch, "weights": "none"})
    ours = build_detector(plan, ("nut", "bolt"), frozen_statistics=True).model.state_dict()
    shapes = [{n: v.shape for n, v in state.items() if COUNTER not in n} for state in (theirs, ours)]
    assert shapes[0] == shapes[1]
