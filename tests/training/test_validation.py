"""The loss in validation."""

import pytest
import torch

from rehead.dataset.split import Split
from rehead.training.learner import Learner
from rehead.training.validation import validation_loss
from tests.training.test_loop import PLAN, learner_of, weights_of
from tests.training.test_step import begun, with_room_for


@pytest.fixture(scope="module")
def learner(drawn: Split) -> Learner:
    """A learner whose heads and trunk would move, and batch norm count, if they were let."""
    learner = learner_of(drawn, PLAN.model_copy(update={"freeze": "none"}))
    learner.begin(1)
    return learner


def test_it_is_the_same_twice_and_in_whatever_epoch(learner: Learner, drawn: Split) -> None:
    first = validation_loss(learner, drawn)
    learner.steps_in_epoch += 1
    assert validation_loss(learner, drawn) == first


def test_nothing_moves_by_it_and_no_gradient_is_left(learner: Learner, drawn: Split) -> None:
    before = weights_of(learner)
    validation_loss(learner, drawn)
    assert all(torch.equal(value, before[name]) for name, value in weights_of(learner).items())
    assert all(parameter.grad is None for parameter in learner.model.parameters())


def test_it_is_of_the_weights_that_are_evaluated(learner: Learner, drawn: Split) -> None:
    before = validation_loss(learner, drawn)
    with torch.no_grad():
        learner.model.roi_heads.mask_predictor.mask_fcn_logits.bias += 5.0
    after = validation_loss(learner, drawn)
    assert before is not None
    assert after is not None
    assert after > 1.1 * before


def test_after_a_want_of_memory_fewer_images_go_together_as_in_a_step(
    drawn: Split, capsys: pytest.CaptureFixture[str]
) -> None:
    short, small = with_room_for(1, begun(drawn)), begun(drawn, at_once=1)
    assert validation_loss(short, drawn) == validation_loss(small, drawn)
    assert short.at_once == 1
    assert capsys.readouterr().err == "too little memory to validate 2 images at once: from here on 1\n"


def test_where_it_is_no_number_it_is_nothing(learner: Learner, drawn: Split) -> None:
    with torch.no_grad():
        learner.model.roi_heads.mask_predictor.mask_fcn_logits.bias.fill_(float("nan"))
    assert validation_loss(learner, drawn) is None
