import pytest
import torch
from torch import nn

from rehead.training.optimiser import build_optimizer, build_schedule, rate_factor
from rehead.training.plan import TrainPlan


def test_the_rate_rises_over_the_warm_up_and_then_follows_a_cosine_to_zero() -> None:
    factor = rate_factor(TrainPlan(schedule="cosine", warmup=0.1), steps=100)
    assert factor(0) == pytest.approx(0.01)
    assert factor(10) == pytest.approx(1.0)
    assert factor(55) == pytest.approx(0.5)
    assert factor(100) == pytest.approx(0.0)


def test_without_a_warm_up_what_joins_later_has_the_full_rate() -> None:
    factor = rate_factor(TrainPlan(schedule="constant", warmup=0.0), steps=10, start=4)
    assert {factor(s) for s in range(10)} == {1.0}


def test_steps_drop_to_a_tenth_and_a_hundredth() -> None:
    factor = rate_factor(TrainPlan(schedule="step", warmup=0.0), steps=100)
    assert [factor(s) for s in (0, 66, 67, 89, 90)] == [1.0, 1.0, 0.1, 0.1, 0.01]


def test_a_constant_rate_stays_after_the_warm_up() -> None:
    factor = rate_factor(TrainPlan(schedule="constant", warmup=0.0), steps=10)
    assert {factor(s) for s in range(10)} == {1.0}


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_only_matrices_decay(name: str) -> None:
    plan = TrainPlan.model_validate({"optimizer": name, "weight_decay": 0.3})
    groups = build_optimizer(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), plan).param_groups
    assert [group["weight_decay"] for group in groups] == [0.3, 0.0]
    assert [len(group["params"]) for group in groups] == [1, 3]


def test_frozen_parameters_are_left_out() -> None:
    layer = nn.Linear(2, 2)
    layer.weight.requires_grad_(False)
    groups = build_optimizer(layer, TrainPlan()).param_groups
    assert [len(group["params"]) for group in groups] == [0, 1]


def test_the_schedule_sets_the_optimisers_rate() -> None:
    optimizer = build_optimizer(nn.Linear(2, 2), TrainPlan(lr=0.5, warmup=0.5))
    schedule = build_schedule(optimizer, TrainPlan(lr=0.5, warmup=0.5), steps=4)
    rates = []
    for _ in range(3):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx([0.005, 0.2525, 0.5])
    assert torch.is_tensor(optimizer.param_groups[0]["params"][0])
