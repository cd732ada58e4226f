from dataclasses import replace

import pytest
import torch

from rehead.dataset.split import Split
from rehead.detector.build import Detector, build_detector
from rehead.detector.plan import ModelPlan
from rehead.training.learner import Learner
from rehead.training.loop import Epoch, train
from rehead.training.plan import TrainPlan
from rehead.training.step import DivergedError

PLAN = TrainPlan(epochs=3, batch_size=2, rois=8, anchors=16, proposals=32, warmup=0.0)
MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))
LOSSES = {"loss", "loss_classifier", "loss_box_reg", "loss_mask", "loss_objectness", "loss_rpn_box_reg"}


def fresh_detector(split: Split) -> Detector:
    torch.manual_seed(0)
    return build_detector(MODEL, split.classes)


def learner_of(split: Split, plan: TrainPlan = PLAN) -> Learner:
    return Learner(fresh_detector(split), plan, images=len(split))


def weights_of(learner: Learner) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in learner.model.state_dict().items()}


def test_every_epoch_reports_its_steps_and_all_losses(drawn: Split) -> None:
    epochs = list(train(learner_of(drawn), drawn))
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert [step.number for epoch in epochs for step in epoch.steps] == list(range(1, 10))
    assert all(set(step.losses) == LOSSES for epoch in epochs for step in epoch.steps)


def test_the_loss_falls_on_images_seen_again_and_again(drawn: Split) -> None:
    plan = PLAN.model_copy(update={"epochs": 10, "lr": 5e-3, "freeze": "none"})
    epochs = list(train(learner_of(drawn, plan), drawn))
    assert epochs[-1].losses["loss"] < 0.8 * epochs[0].losses["loss"]


def test_no_other_epoch_begins_when_its_caller_has_had_enough(drawn: Split) -> None:
    learner = learner_of(drawn)
    done = [epoch.number for epoch in train(learner, drawn, until=lambda: learner.epochs_done == 2)]
    assert done == [1, 2]


def test_minutes_that_suffice_for_one_epoch_end_it_at_a_rate_of_zero(drawn: Split) -> None:
    learner = learner_of(drawn, PLAN.model_copy(update={"epochs": 100, "minutes": 1e-6}))
    [epoch] = train(learner, drawn)
    assert epoch.steps[0].lr == PLAN.lr
    assert learner.schedule.get_last_lr()[0] == pytest.approx(0.0, abs=1e-9)


def test_the_frozen_trunk_does_not_move(drawn: Split) -> None:
    learner = learner_of(drawn)
    before = weights_of(learner)
    list(train(learner, drawn))
    moved = {name for name, value in weights_of(learner).items() if not torch.equal(value, before[name])}
    assert moved
    assert not [name for name in moved if name.startswith("backbone.body")]


def test_a_loss_that_is_not_finite_names_the_images_and_takes_no_step(drawn: Split) -> None:
    learner = learner_of(drawn)
    with torch.no_grad():
        learner.model.roi_heads.mask_predictor.mask_fcn_logits.bias.fill_(float("nan"))
    before = weights_of(learner)
    with pytest.raises(DivergedError, match=r"train_0000\d\.png"):
        list(train(learner, drawn))
    after = weights_of(learner)
    # Batch norm of the part that learns has counted the batch; no parameter has moved.
    names = [name for name, _ in learner.model.named_parameters()]
    assert all(torch.equal(before[n], after[n]) or bool(before[n].isnan().any()) for n in names)


def test_weights_that_are_not_finite_end_with_a_message_and_not_with_a_crash(drawn: Split) -> None:
    learner = learner_of(drawn)
    with torch.no_grad():
        learner.model.rpn.head.bbox_pred.weight.fill_(float("nan"))
    with pytest.raises(DivergedError, match=r"lower train\.lr"):
        list(train(learner, drawn))


def test_an_image_without_objects_is_learned_from(drawn: Split) -> None:
    empty = replace(drawn, annotations={})
    epochs: list[Epoch] = list(train(learner_of(empty), empty))
    assert all(torch.isfinite(torch.tensor(epoch.losses["loss"])) for epoch in epochs)


def test_the_samplers_keep_to_the_plan(drawn: Split) -> None:
    model = learner_of(drawn).model
    assert model.roi_heads.fg_bg_sampler.batch_size_per_image == PLAN.rois
    assert model.rpn.fg_bg_sampler.batch_size_per_image == PLAN.anchors
