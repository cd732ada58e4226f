"""What the weights of the five losses do to a training."""

import pytest
import torch

from rehead.dataset.split import Split
from rehead.detector.build import build_detector
from rehead.detector.plan import ModelPlan
from rehead.training.learner import Learner
from rehead.training.loss_weights import LossWeights
from rehead.training.plan import TrainPlan
from rehead.training.step import Step, take_step

MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
PLAN = TrainPlan(batch_size=2, rois=8, anchors=16, proposals=32, freeze="backbone", weight_decay=0.0)
UNEVEN = LossWeights(classifier=0.5, box_reg=0.0, mask=3.0, objectness=2.0, rpn_box_reg=1.5)


def first_step(split: Split, weights: LossWeights) -> tuple[Step, set[str]]:
    """Take one step from fixed weights; gives it and the names of what moved."""
    torch.manual_seed(0)
    detector = build_detector(MODEL, split.classes)
    learner = Learner(detector, PLAN.model_copy(update={"loss_weights": weights}), images=len(split))
    before = {name: value.clone() for name, value in learner.model.named_parameters()}
    learner.begin(1)
    step = take_step(learner, [split[0], split[1]])
    return step, {name for name, value in learner.model.named_parameters() if not torch.equal(value, before[name])}


@pytest.fixture(scope="module")
def even(drawn: Split) -> Step:
    return first_step(drawn, LossWeights())[0]


def test_without_weights_the_total_is_the_sum(even: Step) -> None:
    assert even.losses["loss"] == pytest.approx(sum(v for name, v in even.losses.items() if name != "loss"))


def test_the_total_is_weighted_and_each_loss_is_told_as_it_is(drawn: Split, even: Step) -> None:
    step, _ = first_step(drawn, UNEVEN)
    own = {name: value for name, value in even.losses.items() if name != "loss"}
    assert step.losses == pytest.approx(own | {"loss": sum(UNEVEN.of(name) * value for name, value in own.items())})


def test_a_loss_of_weight_zero_teaches_nothing(drawn: Split) -> None:
    _, moved = first_step(drawn, LossWeights(mask=0.0))
    assert not [name for name in moved if name.startswith("roi_heads.mask_")]
    assert [name for name in moved if name.startswith("roi_heads.box_")]
