"""Number formats by device, and what a step makes of them; the CPU stands in for a GPU wherever it can."""

import pytest
import torch

from rehead.dataset.split import Split
from rehead.training.learner import Learner
from rehead.training.precision import Precision, has_bfloat16, precision_of
from rehead.training.step import DivergedError, Step, take_step
from tests.training.test_loop import learner_of, weights_of

CPU = torch.device("cpu")


def begun(split: Split, *, scale: float | None = None, dtype: torch.dtype = torch.float32) -> Learner:
    learner = learner_of(split)
    learner.precision = Precision(dtype, CPU)
    if scale is not None:
        learner.scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    learner.begin(1)
    return learner


def stepped(learner: Learner, split: Split) -> Step:
    return take_step(learner, [split[0], split[1]])


def test_a_cpu_trains_in_float32_if_nothing_is_asked_for() -> None:
    assert precision_of("auto", CPU).dtype == torch.float32


def test_float16_is_refused_on_a_cpu_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"train\.precision: float16, but this CPU has no units for it.*take auto"):
        precision_of("float16", CPU)


@pytest.mark.skipif(has_bfloat16(CPU), reason="this CPU multiplies bfloat16 itself")
def test_bfloat16_is_refused_where_it_would_be_emulated() -> None:
    with pytest.raises(ValueError, match=r"train\.precision: bfloat16, but this CPU has no units"):
        precision_of("bfloat16", CPU)


def test_losses_of_a_step_in_bfloat16_are_float32_and_near_those_of_float32(drawn: Split) -> None:
    low, plain = stepped(begun(drawn, dtype=torch.bfloat16), drawn), stepped(begun(drawn), drawn)
    assert low.losses["loss"] != plain.losses["loss"]
    assert low.losses["loss"] == pytest.approx(plain.losses["loss"], rel=0.05)


def test_scaled_losses_make_the_step_that_unscaled_ones_make(drawn: Split) -> None:
    scaled, plain = begun(drawn, scale=1024.0), begun(drawn)
    assert stepped(scaled, drawn).gradient_norm == pytest.approx(stepped(plain, drawn).gradient_norm, rel=1e-5)
    torch.testing.assert_close(weights_of(scaled), weights_of(plain), rtol=1e-4, atol=1e-6)


def with_a_gradient_that_overflows(learner: Learner) -> Learner:
    learner.model.roi_heads.box_predictor.cls_score.weight.register_hook(lambda gradient: gradient * float("inf"))
    return learner


def test_a_gradient_beyond_the_format_leaves_the_step_out_and_lowers_the_scale(drawn: Split) -> None:
    learner = with_a_gradient_that_overflows(begun(drawn, scale=1024.0))
    before = [value.clone() for value in learner.model.parameters()]
    assert "left out" in stepped(learner, drawn).note
    assert all(torch.equal(*pair) for pair in zip(before, learner.model.parameters(), strict=True))
    assert learner.scaler.get_scale() == 512.0


def test_a_gradient_that_is_not_finite_at_the_least_scale_ends_the_training(drawn: Split) -> None:
    with pytest.raises(DivergedError, match="gradient norm"):
        stepped(with_a_gradient_that_overflows(begun(drawn, scale=1.0)), drawn)


def test_the_scale_goes_on_where_an_interrupted_training_left_it(drawn: Split) -> None:
    first, second = begun(drawn, scale=8.0), begun(drawn, scale=1024.0)
    second.restore(first.state())
    assert second.scaler.get_scale() == 8.0
