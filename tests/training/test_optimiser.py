import pytest
import torch
from torch import nn

from rehead.detector.build import build_detector
from rehead.training.optimiser import build_optimizer, trunk_depths
from rehead.training.plan import TrainPlan
from rehead.training.schedule import Course, build_schedule
from tests.training.test_loop import MODEL


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


def test_parameters_further_from_the_heads_learn_more_slowly_and_the_first_group_has_the_full_rate() -> None:
    near, far, head = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)
    depths = {parameter: place for place, layer in ((1, near), (2, far)) for parameter in layer.parameters()}
    plan = TrainPlan(lr=0.8, layer_decay=0.5)
    groups = build_optimizer(nn.Sequential(far, near, head), plan, depths=depths).param_groups
    assert [group["lr"] for group in groups] == pytest.approx([0.8, 0.8, 0.4, 0.4, 0.2, 0.2])
    assert groups[0]["params"] == [head.weight]
    assert groups[4]["params"] == [far.weight]


def test_the_stages_of_a_trunk_are_counted_from_the_heads_to_the_image() -> None:
    detector = build_detector(MODEL, ("a",))
    depths, body = trunk_depths(detector), detector.model.backbone.body
    assert set(depths) == set(body.parameters())
    assert {depths[p] for p in body["0"].parameters()} == {5}
    assert {depths[p] for p in body["17"].parameters()} == {1}


def test_the_schedule_sets_the_optimisers_rate() -> None:
    plan = TrainPlan(lr=0.5, warmup=0.5)
    optimizer = build_optimizer(nn.Linear(2, 2), plan)
    schedule = build_schedule(optimizer, plan, course=Course(4))
    rates = []
    for _ in range(3):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx([0.005, 0.2525, 0.5])
    assert torch.is_tensor(optimizer.param_groups[0]["params"][0])
