"""Which modules a depth stands for, and that no name stands for nothing."""

from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from rehead.detector.architectures import ARCHITECTURES
from rehead.detector.build import Detector, build_detector
from rehead.detector.freezing import DEPTHS, freeze, learning_mode, learns_norms, modules_by_depth
from rehead.detector.plan import FreezeDepth, ModelPlan
from rehead.training.plan import TrainPlan
from tests.detector.test_architectures import SMALL, small_detector, target

MOBILE = "maskrcnn_mobilenet_v2_fpn"
STAGES: tuple[FreezeDepth, ...] = ("stem", "stage1", "stage2", "stage3", "stage4")


@pytest.fixture(scope="module")
def mobile() -> Detector:
    return small_detector(MOBILE)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def any_detector(request: pytest.FixtureRequest) -> Detector:
    """A detector of each architecture, its trunk normalised as that of a pretrained one is."""
    plan = ModelPlan.model_validate({"arch": request.param, "weights": "none", **SMALL})
    return build_detector(plan, ("nut",), frozen_statistics=True)


def test_the_stem_and_the_stages_are_the_trunk_without_gap_or_overlap(any_detector: Detector) -> None:
    table, body = modules_by_depth(any_detector), any_detector.model.backbone.body
    entries = [f"{name}.{key}" for depth in STAGES for name in table[depth]
               for key in any_detector.model.get_submodule(name).state_dict()]  # fmt: skip
    assert sorted(entries) == sorted(f"backbone.body.{key}" for key in body.state_dict())


def test_each_stage_ends_where_its_level_of_the_pyramid_begins(any_detector: Detector) -> None:
    table = modules_by_depth(any_detector)
    assert [table[depth][-1].split(".")[-1] for depth in STAGES[1:]] == list(
        any_detector.model.backbone.body.return_layers
    )


def test_a_deeper_depth_never_lets_more_learn(any_detector: Detector) -> None:
    learning = [freeze(any_detector, depth).learning for depth in DEPTHS]
    assert learning == sorted(learning, reverse=True)
    assert len(set(learning)) == len(DEPTHS) - 1  # stage4 and backbone are the same


def test_the_parts_of_the_report_add_up_to_the_model(any_detector: Detector) -> None:
    report = freeze(any_detector, "backbone")
    assert report.frozen == sum(p.numel() for p in any_detector.model.backbone.body.parameters())
    assert report.learning + report.frozen == sum(p.numel() for p in any_detector.model.parameters())


@pytest.mark.parametrize(
    ("arch", "learning"),
    [(MOBILE, DEPTHS[: DEPTHS.index("stage4")]), ("maskrcnn_resnet50_fpn_v2", DEPTHS)],
)
def test_a_norm_learns_behind_the_depths_that_leave_one_over(arch: str, learning: tuple[FreezeDepth, ...]) -> None:
    detector = small_detector(arch)
    assert tuple(depth for depth in DEPTHS if learns_norms(detector, depth)) == learning


def test_only_the_heads_learn_at_the_last_depth(mobile: Detector) -> None:
    report = freeze(mobile, "backbone+fpn+rpn")
    assert report.modules == ("backbone.body", "backbone.fpn", "rpn")
    assert [p.name for p in report.parts if p.learns] == ["box_head", "box_predictor", "mask_head", "mask_predictor"]


def test_a_shallower_depth_lets_learn_again_what_a_deeper_one_froze(mobile: Detector) -> None:
    freeze(mobile, "backbone+fpn+rpn")
    assert freeze(mobile, "none").frozen == 0


def test_a_frozen_rpn_still_gives_its_losses(mobile: Detector) -> None:
    freeze(mobile, "backbone+fpn+rpn")
    learning_mode(mobile, "backbone+fpn+rpn")
    losses = mobile.model([torch.rand(3, 64, 64)], [target()])
    assert len(losses) == 5


@pytest.mark.parametrize("change", [{"stem": ("conv0",)}, {"stages": {"3": "0", "6": "1", "13": "2", "71": "3"}}])
def test_a_name_that_stands_for_no_module_is_an_error(
    mobile: Detector, change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = replace(ARCHITECTURES[MOBILE], **change)  # type: ignore[arg-type]
    monkeypatch.setitem(ARCHITECTURES, MOBILE, wrong)
    with pytest.raises(ValueError, match="has no module"):
        freeze(mobile, "none")


def test_a_pretrained_resnet_of_the_second_kind_has_batch_norm_that_freezing_must_stop() -> None:
    plan = ModelPlan.model_validate({"arch": "maskrcnn_resnet50_fpn_v2", "weights": "none", **SMALL})
    detector = build_detector(plan, ("nut",), frozen_statistics=True)
    learning_mode(detector, "stage2")
    body = detector.model.backbone.body
    norms = {name: module for name, module in body.named_modules() if isinstance(module, nn.BatchNorm2d)}
    assert not any(isinstance(module, FrozenBatchNorm2d) for module in body.modules())
    assert {name.split(".")[0] for name, norm in norms.items() if not norm.training} == {"bn1", "layer1", "layer2"}


def test_a_depth_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="'stage4', 'backbone'") as caught:
        TrainPlan.model_validate({"freeze": "backbones"})
    assert all(depth in str(caught.value) for depth in get_args(FreezeDepth))
