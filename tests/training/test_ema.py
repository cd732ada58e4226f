from copy import deepcopy

import pytest
import torch
from torch import nn

from rehead.dataset.split import Split
from rehead.training.ema import WeightAverage
from rehead.training.loop import train
from rehead.training.plan import TrainPlan
from rehead.training.step import Step
from tests.training.test_loop import PLAN, learner_of, weights_of

AVERAGED = PLAN.model_copy(update={"ema": 0.9})


def moved(model: nn.Module, average: WeightAverage, *, by: float) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(by)
    average.update()


def test_the_average_follows_the_weights_at_its_own_pace() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    average = WeightAverage(model, 0.999)
    moved(model, average, by=1.0)
    average.show()
    assert model.weight.item() == pytest.approx(0.9), "the decay is at first 1/10"
    average.hide()
    assert model.weight.item() == 1.0


def test_the_decay_rises_to_what_was_asked_for() -> None:
    model = nn.Linear(1, 1)
    average = WeightAverage(model, 0.5)
    rates = []
    for _ in range(10):
        rates.append(average.decay)
        average.update()
    assert rates[:2] == pytest.approx([1 / 10, 2 / 11])
    assert rates[-1] == 0.5


def test_running_statistics_are_averaged_with_the_weights_and_frozen_modules_are_left_alone() -> None:
    model = nn.ModuleDict({"still": nn.BatchNorm1d(1), "learns": nn.BatchNorm1d(1)})
    average = WeightAverage(model, 0.5, frozen=("still",))
    with torch.no_grad():
        for value in model.state_dict().values():
            value.fill_(7)
    average.update()
    average.show()
    state = model.state_dict()
    assert state["still.running_mean"].item() == 7.0
    assert 0.0 < state["learns.running_mean"].item() < 7.0
    assert state["learns.num_batches_tracked"].item() == 7


def test_without_a_decay_nothing_is_held() -> None:
    average = WeightAverage(nn.Linear(1, 1), 0.0)
    average.update()
    assert average.state()["held"] == []


def test_between_two_epochs_the_model_holds_the_average_and_within_them_what_learns(drawn: Split) -> None:
    plain, averaged = learner_of(drawn, PLAN), learner_of(drawn, AVERAGED)
    list(train(plain, drawn))
    list(train(averaged, drawn))
    name = "roi_heads.mask_predictor.mask_fcn_logits.weight"
    shown = weights_of(averaged)[name]
    averaged.average.hide()
    assert not torch.equal(shown, weights_of(plain)[name])
    assert torch.equal(weights_of(averaged)[name], weights_of(plain)[name])


def test_an_interruption_changes_no_bit_of_the_average(drawn: Split) -> None:
    class Interruption(Exception):
        pass

    done: list[Step] = []

    def until(step: Step) -> None:
        done.append(step)
        if first.steps_done == 4:
            raise Interruption

    plan: TrainPlan = AVERAGED.model_copy(update={"epochs": 2})
    whole, first, second = (learner_of(drawn, plan) for _ in range(3))
    list(train(whole, drawn))
    with pytest.raises(Interruption):
        list(train(first, drawn, on_step=until))
    second.restore(deepcopy(first.state()))
    list(train(second, drawn, earlier=done[-second.steps_in_epoch :]))
    assert all(torch.equal(value, weights_of(second)[name]) for name, value in weights_of(whole).items())
