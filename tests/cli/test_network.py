"""Nothing that must be fetched is chosen; the reasons say what would be better."""

import pytest

from rehead.cli.network import advise_arch, advise_weights
from rehead.cli.plans import Plans
from tests.cli.surveys import survey


def plans_of(arch: str, weights: str = "rehead_shapes") -> Plans:
    return Plans().with_value("model", "arch", arch).with_value("model", "weights", weights)


@pytest.mark.parametrize("gpu", [True, False])
def test_the_architecture_stays(gpu: bool) -> None:
    assert advise_arch(survey(gpu=gpu), Plans()).value == Plans().model.arch


@pytest.mark.parametrize(("gpu", "told"), [(True, "there is a GPU: "), (False, "learns without a GPU")])
def test_the_better_architecture_is_named_with_what_it_needs(gpu: bool, told: str) -> None:
    because = advise_arch(survey(gpu=gpu), Plans()).because
    assert because.startswith(told)
    assert "maskrcnn_resnet50_fpn_v2" in because


def test_a_large_architecture_without_a_gpu_is_called_slow() -> None:
    assert "slow" in advise_arch(survey(), plans_of("maskrcnn_resnet50_fpn")).because


@pytest.mark.parametrize("weights", ["rehead_shapes", "COCO_V1", "none", "models:/rehead@champion"])
def test_the_weights_stay(weights: str) -> None:
    assert advise_weights(survey(), plans_of("maskrcnn_resnet50_fpn", weights)).value == weights


@pytest.mark.parametrize(
    ("arch", "weights"), [("maskrcnn_resnet50_fpn_v2", "COCO_V1"), ("maskrcnn_resnet18_fpn", "IMAGENET1K_V1")]
)
def test_weights_that_do_not_fit_are_told_with_those_that_do(arch: str, weights: str) -> None:
    assert f"not for {arch}: {weights}" in advise_weights(survey(), plans_of(arch)).because
