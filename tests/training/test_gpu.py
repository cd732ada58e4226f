"""What only a GPU can show: its formats, its fixed order, and that it learns what a CPU learns."""

import pytest
import torch

from rehead.dataset.batches import batches
from rehead.dataset.split import Split
from rehead.training.loop import train
from rehead.training.step import Step, take_step
from tests.training.test_loop import PLAN, learner_of, weights_of

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"),
]


@pytest.fixture
def on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehead.training.learner.best_device", lambda: torch.device("cpu"))


def first_step(split: Split, **plan: object) -> Step:
    learner = learner_of(split, PLAN.model_copy(update=plan))
    learner.begin(1)
    return take_step(learner, [split[0], split[1]])


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_training_in_each_format_ends_with_finite_weights(drawn: Split, precision: str) -> None:
    learner = learner_of(drawn, PLAN.model_copy(update={"precision": precision}))
    list(train(learner, drawn))
    assert all(bool(value.isfinite().all()) for value in learner.model.state_dict().values())


def test_a_fixed_order_gives_the_same_weights_twice(drawn: Split) -> None:
    plan = PLAN.model_copy(update={"deterministic": True, "freeze": "none"})
    first, second = learner_of(drawn, plan), learner_of(drawn, plan)
    list(train(first, drawn))
    list(train(second, drawn))
    torch.testing.assert_close(weights_of(first), weights_of(second), rtol=0.0, atol=0.0)


def test_without_samplers_a_gpu_has_the_losses_of_a_cpu(drawn: Split, request: pytest.FixtureRequest) -> None:
    everything = {"anchors": 2048, "rois": 2048, "mask_rois": None, "balanced_rois": False, "precision": "float32"}
    gpu = first_step(drawn, **everything)
    request.getfixturevalue("on_the_cpu")
    cpu = first_step(drawn, **everything)
    assert gpu.losses == pytest.approx(cpu.losses, rel=1e-2)


def test_images_come_pinned_where_a_gpu_fetches_them(drawn: Split) -> None:
    [batch] = batches(drawn, PLAN.augment, batch_size=len(drawn), seed=0, epoch=1)
    assert all(sample.image_chw.is_pinned() for sample in batch)
