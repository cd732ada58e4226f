import pytest
import torch

from rehead.dataset.split import Split
from rehead.training.determinism import reproducible
from rehead.training.loop import train
from tests.training.test_loop import PLAN, learner_of, weights_of

FIXED = PLAN.model_copy(update={"epochs": 1, "deterministic": True, "freeze": "none"})


def trained(split: Split) -> dict[str, torch.Tensor]:
    learner = learner_of(split, FIXED)
    list(train(learner, split))
    return weights_of(learner)


def test_the_same_training_ends_twice_with_the_same_weights_bit_by_bit(drawn: Split) -> None:
    torch.testing.assert_close(trained(drawn), trained(drawn), rtol=0.0, atol=0.0)


def test_a_fixed_order_is_asked_for_within_the_block_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    with reproducible(asked=True):
        assert torch.are_deterministic_algorithms_enabled()
    assert not torch.are_deterministic_algorithms_enabled()
    with reproducible(asked=False):
        assert not torch.are_deterministic_algorithms_enabled()
