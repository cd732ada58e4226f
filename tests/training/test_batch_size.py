"""How many images are held at once, where that is left open."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch

from rehead.dataset.split import Split
from rehead.training.batch_size import fit_batch, largest_fitting
from rehead.training.learner import Learner
from rehead.training.plan import TrainPlan, batch_sizes
from tests.training.test_loop import PLAN, fresh_detector, weights_of

AUTO = PLAN.model_copy(update={"batch_size": "auto", "freeze": "none"})
TERABYTE = 1 << 40


def open_learner(split: Split, *, images: int = 40) -> Learner:
    return Learner(fresh_detector(split), AUTO, images=images)


@pytest.mark.parametrize(
    ("taken", "tried", "chosen"),
    [
        ({1: 10, 2: 20, 4: 40, 8: 80}, [1, 2, 4, 8], 8),
        ({1: 30, 2: 55}, [1, 2], 2),
        ({1: 60}, [1], 1),
        ({1: 200}, [1], 1),
        ({1: 10, 2: 20, 4: None}, [1, 2, 4], 2),
    ],
)
def test_the_largest_that_fits_is_chosen_and_none_is_tried_that_cannot(
    taken: Mapping[int, float | None], tried: list[int], chosen: int
) -> None:
    asked: list[int] = []

    def bytes_of(images: int) -> float | None:
        asked.append(images)
        return taken[images]

    assert largest_fitting([1, 2, 4, 8], bytes_of, room=100.0) == chosen
    assert asked == tried


@pytest.mark.parametrize(("images", "most"), [(1, 1), (14, 2), (1000, 8)])
def test_an_epoch_is_left_some_steps(images: int, most: int) -> None:
    assert batch_sizes(images, device="cpu")[-1] == most


@pytest.mark.slow
def test_what_fits_is_tried_and_nothing_learns_by_it(drawn: Split) -> None:
    learner = open_learner(drawn)
    before = weights_of(learner)
    told = fit_batch(learner, replace(drawn, images=drawn.images * 8), free=TERABYTE)
    assert told is not None
    assert told.startswith("train.batch_size: 8 at once")
    assert (learner.plan.batch_size, learner.at_once, learner.steps_an_epoch) == (8, 8, 5)
    assert all(torch.equal(value, before[name]) for name, value in weights_of(learner).items())
    assert all(parameter.grad is None for parameter in learner.model.parameters())


@pytest.mark.slow
def test_without_memory_to_spare_it_is_one_image(drawn: Split) -> None:
    learner = open_learner(drawn)
    fit_batch(learner, replace(drawn, images=drawn.images * 8), free=-TERABYTE)
    assert (learner.plan.batch_size, learner.steps_an_epoch) == (1, 40)


def test_an_interrupted_training_keeps_its_batch(drawn: Split) -> None:
    first, second = open_learner(drawn), open_learner(drawn)
    first.take_batch(8)
    second.restore(first.state())
    assert (second.plan.images_at_once, second.steps_an_epoch) == (8, 5)
    assert second.schedule.get_last_lr() == first.schedule.get_last_lr()


def test_a_number_is_not_tried(drawn: Split) -> None:
    learner = Learner(fresh_detector(drawn), PLAN, images=40)
    assert fit_batch(learner, drawn, free=0) is None
    assert learner.plan.batch_size == PLAN.batch_size


@pytest.mark.parametrize(("optimizer", "scale"), [("sgd", 2.0), ("adamw", 2.0**0.5)])
def test_the_rate_is_scaled_only_where_the_plan_says_for_how_many_images_it_is(optimizer: str, scale: float) -> None:
    plan = TrainPlan.model_validate({"optimizer": optimizer, "batch_size": 4, "accumulate": 2})
    assert plan.rate_scale == 1.0
    assert plan.model_copy(update={"lr_images": 4}).rate_scale == pytest.approx(scale)
