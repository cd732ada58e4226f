import pytest
import torch

from rehead.detector.architectures import ARCHITECTURES
from rehead.detector.build import build_detector
from rehead.detector.freezing import FROZEN_MODULES, freeze, learning_mode
from rehead.detector.plan import FreezeDepth, ModelPlan
from tests.detector.test_architectures import SMALL, target


def moved_after_two_steps(arch: str, depth: FreezeDepth) -> set[str]:
    torch.manual_seed(0)
    model = build_detector(ModelPlan.model_validate({"arch": arch, "weights": "none", **SMALL}), ("nut", "bolt")).model
    freeze(model, depth)
    learning_mode(model, depth)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.01)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for _ in range(2):
        loss = torch.stack(list(model([torch.rand(3, 64, 64)] * 2, [target()] * 2).values())).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


@pytest.mark.parametrize("depth", ["backbone", "backbone+fpn"])
@pytest.mark.parametrize("arch", ["maskrcnn_mobilenet_v2_fpn", "maskrcnn_resnet18_fpn", "maskrcnn_resnet50_fpn_v2"])
def test_no_entry_of_a_frozen_module_moves_not_even_a_statistic(arch: str, depth: FreezeDepth) -> None:
    moved = moved_after_two_steps(arch, depth)
    assert moved
    assert not [name for name in moved if name.startswith(FROZEN_MODULES[depth])]


def test_without_freezing_the_trunk_moves() -> None:
    assert any(name.startswith("backbone.body") for name in moved_after_two_steps("maskrcnn_mobilenet_v2_fpn", "none"))


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_learning_and_frozen_parameters_add_up(arch: str) -> None:
    model = build_detector(ModelPlan.model_validate({"arch": arch, "weights": "none", **SMALL}), ("nut",)).model
    report = freeze(model, "backbone")
    assert report.frozen == sum(p.numel() for p in model.backbone.body.parameters())
    assert report.learning + report.frozen == sum(p.numel() for p in model.parameters())
