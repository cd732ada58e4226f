"""Things to examine: small detectors, and findings of theirs."""

import torch

from rehead.cli.doctor.finding import Finding
from rehead.cli.doctor.overfit import Attempt
from rehead.cli.plans import Plans
from rehead.dataset.split import Split
from rehead.detector.build import Detector, build_detector
from rehead.detector.plan import ModelPlan
from rehead.training.plan import TrainPlan

MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
TRAIN = TrainPlan(epochs=2, batch_size=2, rois=8, anchors=16, proposals=32)
PLANS = Plans(model=MODEL, train=TRAIN)
LOSSES = ("loss_classifier", "loss_box_reg", "loss_mask", "loss_objectness", "loss_rpn_box_reg")


def small_detector(split: Split) -> Detector:
    torch.manual_seed(0)
    return build_detector(MODEL, split.classes)


def outcome(finding: Finding) -> tuple[str, bool]:
    """The state, and whether there is a cure."""
    return finding.state, bool(finding.cure)


def attempt(
    *, lr: float = 1e-3, falling: bool = True, steps: int = 24, learning: bool = True, last: float = 0.2
) -> Attempt:
    """An attempt whose losses fall from 1 in a straight line, or stay."""
    course = [1.0 - (1.0 - last) * number / (steps - 1) for number in range(steps)] if falling else [1.0] * steps
    return Attempt(
        plan=TRAIN.model_copy(update={"lr": lr}),
        courses=dict.fromkeys(LOSSES, course),
        learning=dict.fromkeys(LOSSES, learning),
        before=0.1,
        after=0.5,
    )
