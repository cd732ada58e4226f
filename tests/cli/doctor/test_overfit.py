"""A batch learned by heart, for real."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rehead.cli.doctor.batch import choose_images, reduced, shrunk
from rehead.cli.doctor.clock import Clock
from rehead.cli.doctor.overfit import choose_side, losses_that_learn, overfit
from rehead.cli.doctor.pace import Pace, climb, measure_pace
from rehead.cli.doctor.subject import Subject, find_subject, measured
from rehead.cli.doctor.verdict import judge_overfit, learned
from rehead.cli.plans import Plans
from rehead.dataset.split import Split
from rehead.detector.build import Detector
from rehead.detector.plan import FreezeDepth, ModelPlan
from rehead.detector.weights import pretrained_detector
from rehead.training.learner import Learner
from tests.cli.doctor.subjects import LOSSES, PLANS, TRAIN, outcome

PACE = Pace(1e-6, 64)


@pytest.fixture
def subject(dataset: Path, tmp_path: Path) -> Subject:
    return find_subject(PLANS, None, dataset.parent, tmp_path)


def test_nan_weights_are_caught_at_the_first_step(subject: Subject, detector: Detector) -> None:
    torch.nn.init.constant_(detector.model.roi_heads.mask_head[0][0].weight, torch.nan)
    found = overfit(subject, detector, Clock(20), pace=PACE, enough=learned)
    assert found is not None
    finding = judge_overfit(found)
    assert outcome(finding) == ("fail", True)
    assert "it ends after 0 steps" in finding.told


def test_overfitting_leaves_the_detector_as_it_was(subject: Subject, detector: Detector) -> None:
    before = {name: value.clone() for name, value in detector.model.state_dict().items()}
    overfit(subject, detector, Clock(0.5), pace=PACE, enough=learned)
    assert all(torch.equal(value, before[name]) for name, value in detector.model.state_dict().items())


@pytest.mark.parametrize(
    ("depth", "frozen"), [("backbone+fpn", set()), ("backbone+fpn+rpn", {"loss_objectness", "loss_rpn_box_reg"})]
)
def test_losses_of_the_rpn_learn_unless_it_is_frozen(detector: Detector, depth: FreezeDepth, frozen: set[str]) -> None:
    learner = Learner(detector, TRAIN.model_copy(update={"freeze": depth}), images=2)
    assert {name for name, learns in losses_that_learn(learner).items() if not learns} == frozen


def test_a_shrunk_sample_has_its_truth_in_place(train: Split) -> None:
    whole, half = train[0], shrunk(train[0], 32)
    assert half.image_chw.shape == (3, 32, 32)
    assert torch.allclose(half.boxes_n4, whole.boxes_n4 / 2)
    assert half.masks_nhw.shape == (len(whole.labels_n), 32, 32)
    assert all(int(mask.sum()) for mask in half.masks_nhw)


def test_a_reduced_detector_sees_images_at_the_given_side(detector: Detector) -> None:
    images, _ = reduced(detector, 32).model.transform([torch.zeros(3, 100, 200)])
    assert images.image_sizes == [(26, 53)]


def test_images_with_objects_are_chosen(train: Split) -> None:
    empty = {**train.truth, "annotations": [a for a in train.truth["annotations"] if a["image_id"] == 3]}
    assert choose_images(measured(replace(train, truth=empty)), count=2) == [2]


@pytest.mark.parametrize(("seconds", "side"), [(1e9, 300), (4.0, 300), (3.0, 224), (0.1, 128)])
def test_the_largest_size_is_taken_that_the_time_allows(seconds: float, side: int) -> None:
    assert choose_side(300, 1e-6, seconds, steps=40) == side


def test_a_pace_is_measured_on_larger_images_while_time_is_left(subject: Subject, detector: Detector) -> None:
    larger = PLANS.model.model_copy(update={"input_size": 300})
    wide = replace(subject, plans=Plans(model=larger, train=TRAIN))
    pace = measure_pace(wide, detector)
    assert (pace.side, pace.seconds > 0) == (128, True)
    assert climb(wide, detector, pace, Clock(0)) == pace
    assert climb(wide, detector, pace, Clock(100)).side == 256


@pytest.mark.slow
@pytest.mark.parametrize(("lr", "state"), [(2e-3, "ok"), (1e-9, "fail")])
def test_the_rate_decides_whether_a_batch_is_learned(subject: Subject, lr: float, state: str) -> None:
    plans = Plans(model=ModelPlan(input_size=64), train=TRAIN.model_copy(update={"lr": lr, "freeze": "backbone+fpn"}))
    start = pretrained_detector(plans.model, subject.train.classes).detector
    found = overfit(replace(subject, plans=plans), start, Clock(120), pace=PACE, enough=learned)
    assert found is not None
    finding = judge_overfit(found)
    assert finding.state == state, finding
    assert set(finding.numbers["losses"]) == set(LOSSES)
