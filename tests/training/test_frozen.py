"""Every depth on every architecture: after three steps of training, what is frozen is bit-equal and all else moved."""

import pytest
import torch
from torch import Tensor

from rehead.dataset.split import Split
from rehead.detector.architectures import ARCHITECTURES
from rehead.detector.build import Detector, build_detector
from rehead.detector.freezing import DEPTHS
from rehead.detector.plan import FreezeDepth, ModelPlan
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan

MOBILE = "maskrcnn_mobilenet_v2_fpn"
SMALL = {"weights": "none", "input_size": 64, "fpn_channels": 16, "box_head": 16, "mask_layers": (16,)}
# All anchors are sampled, so that each level of the pyramid takes part in each step.
PLAN = TrainPlan(epochs=1, batch_size=2, rois=16, anchors=2048, proposals=64, lr=1e-3, warmup=0.0)
EXPECTED: dict[FreezeDepth, dict[str, tuple[str, ...]]] = {
    "none": {"mobilenet": (), "resnet": ()},
    "stem": {"mobilenet": ("0.",), "resnet": ("conv1.", "bn1.")},
    "stage1": {"mobilenet": ("1.", "2.", "3."), "resnet": ("layer1.",)},
    "stage2": {"mobilenet": ("4.", "5.", "6."), "resnet": ("layer2.",)},
    "stage3": {"mobilenet_v2": tuple(f"{n}." for n in range(7, 14)),
               "mobilenet_v3": tuple(f"{n}." for n in range(7, 13)),
               "resnet": ("layer3.",)},
    "stage4": {"mobilenet_v2": tuple(f"{n}." for n in range(14, 18)), "mobilenet_v3": ("13.", "14.", "15."),
               "resnet": ("layer4.",)},
}  # fmt: skip
"""Written out, so that a wrong table in the product is not compared with itself."""


def frozen_prefixes(arch: str, depth: FreezeDepth) -> tuple[str, ...]:
    depths = DEPTHS[: DEPTHS.index(depth) + 1]
    trunk = [
        f"backbone.body.{name}"
        for one in depths
        for family, names in EXPECTED.get(one, {}).items()
        if f"_{family}" in arch
        for name in names
    ]
    return (
        *trunk,
        *(["backbone.fpn."] if depth.startswith("backbone+fpn") else []),
        *(["rpn."] if "rpn" in depth else []),
    )


def trained(detector: Detector, split: Split, depth: FreezeDepth) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Train three steps, and give the whole state dict before and after."""
    learner = Learner(detector, PLAN.model_copy(update={"freeze": depth}), images=len(split))
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    [epoch] = train(learner, split)
    assert len(epoch.steps) == 3
    return before, learner.model.state_dict()


def check(detector: Detector, split: Split, depth: FreezeDepth) -> None:
    before, after = trained(detector, split, depth)
    frozen = {name for name in before if name.startswith(frozen_prefixes(detector.plan.arch, depth))}
    still = {name for name in before if torch.equal(before[name], after[name])}
    parameters = {name for name, _ in detector.model.named_parameters()}
    assert frozen - still == set(), "a frozen entry has moved"
    assert (still & parameters) - frozen == set(), "a parameter that should learn has not"
    statistics = {name for name in before if name.endswith((".running_mean", ".num_batches_tracked"))} - frozen
    kept = statistics & still
    assert not kept or detector.frozen_statistics, "batch norm of a part that learns has counted nothing"


def detector_of(arch: str, split: Split, *, frozen_statistics: bool = False) -> Detector:
    torch.manual_seed(0)
    plan = ModelPlan.model_validate({"arch": arch, **SMALL})
    return build_detector(plan, split.classes, frozen_statistics=frozen_statistics)


@pytest.fixture(scope="module")
def mobile(drawn: Split) -> Detector:
    return detector_of(MOBILE, drawn)


@pytest.mark.parametrize("depth", DEPTHS)
def test_exactly_what_is_frozen_stays(mobile: Detector, drawn: Split, depth: FreezeDepth) -> None:
    check(mobile, drawn, depth)


@pytest.fixture(scope="module", params=[name for name in ARCHITECTURES if name != MOBILE])
def other(request: pytest.FixtureRequest, drawn: Split) -> Detector:
    return detector_of(request.param, drawn)


@pytest.mark.slow
@pytest.mark.parametrize("depth", DEPTHS)
def test_exactly_what_is_frozen_stays_on_every_architecture(other: Detector, drawn: Split, depth: FreezeDepth) -> None:
    check(other, drawn, depth)


@pytest.mark.slow
@pytest.mark.parametrize("depth", DEPTHS)
def test_exactly_what_is_frozen_stays_where_the_trunk_has_torchvisions_frozen_batch_norm(
    drawn: Split, depth: FreezeDepth
) -> None:
    check(detector_of("maskrcnn_resnet18_fpn", drawn, frozen_statistics=True), drawn, depth)
