"""What varies a training's pictures: by the epoch, and to its real end."""

import pytest
import torch

from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import Split
from rehead.training.loop import train
from tests.training.test_loop import PLAN, learner_of, weights_of

STRONG = AugmentPlan(scale=0.5, crop=0.5, copy_paste=0.5, hue=0.1, strong_until=0.5)
VARIED = PLAN.model_copy(update={"epochs": 4, "augment": STRONG, "balance": "classes"})


def test_a_training_that_time_ends_early_still_ends_on_plain_pictures(drawn: Split) -> None:
    learner = learner_of(drawn, VARIED)
    learner.epochs_done = 1  # the second epoch is under way
    assert not learner.augment.finite
    learner.budget.epochs = 2
    assert learner.augment.finite


@pytest.mark.slow  # 5 s: two trainings of two epochs
def test_workers_change_no_weight_with_everything_on(drawn: Split) -> None:
    found = []
    for workers in (0, 2):
        learner = learner_of(drawn, VARIED.model_copy(update={"epochs": 2, "workers": workers}))
        list(train(learner, drawn))
        found.append(weights_of(learner))
    assert all(torch.equal(value, found[1][name]) for name, value in found[0].items())
