"""A depth that changes at an epoch: what joins, what it joins with, and an interruption on either side."""

from copy import deepcopy

import pytest
import torch

from rehead.dataset.split import Split
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan
from tests.training.test_loop import PLAN, learner_of, weights_of

THAWING = TrainPlan.model_validate(
    PLAN.model_dump() | {"freeze": "backbone+fpn+rpn", "thaw": 2, "thaw_to": "stage3", "warmup": 0.2}
)
JOINS = ("backbone.body.14", "backbone.body.15", "backbone.body.16", "backbone.body.17", "backbone.fpn", "rpn")


def moved_by_epoch(learner: Learner, split: Split) -> list[set[str]]:
    """Train to the end; name the entries of the state dict that each epoch has changed."""
    moved, before = [], weights_of(learner)
    for _ in train(learner, split):
        after = weights_of(learner)
        moved.append({name for name in after if not torch.equal(after[name], before[name])})
        before = after
    return moved


@pytest.fixture(scope="module")
def whole(drawn: Split) -> tuple[Learner, list[set[str]]]:
    """A training that thaws, from end to end."""
    learner = learner_of(drawn, THAWING)
    return learner, moved_by_epoch(learner, drawn)


def test_what_is_thawed_moves_from_its_epoch_on_and_not_before(whole: tuple[Learner, list[set[str]]]) -> None:
    first, second, third = ({name for name in moved if not name.startswith("roi_heads")} for moved in whole[1])
    assert first == set()
    assert all(name.startswith(JOINS) for name in second | third)
    assert {prefix for prefix in JOINS if any(name.startswith(prefix) for name in second)} == set(JOINS)


def test_batch_norm_of_what_is_thawed_counts_again(whole: tuple[Learner, list[set[str]]]) -> None:
    assert "backbone.body.14.conv.0.1.num_batches_tracked" in whole[1][1]
    assert "backbone.body.13.conv.0.1.num_batches_tracked" not in whole[1][1]


@pytest.mark.parametrize("optimizer", ["adamw", pytest.param("sgd", marks=pytest.mark.slow)])
@pytest.mark.parametrize("done", [1, 2])
def test_an_interruption_on_either_side_of_the_thaw_changes_no_bit(drawn: Split, done: int, optimizer: str) -> None:
    plan = THAWING.model_copy(update={"optimizer": optimizer})
    undisturbed = learner_of(drawn, plan)
    epochs = train(undisturbed, drawn)
    for _ in range(done):
        next(epochs)
    second = learner_of(drawn, plan)
    torch.manual_seed(1)  # another process has another state
    second.restore(deepcopy(undisturbed.state()))
    list(epochs)
    list(train(second, drawn))
    assert second.epochs_done == 3
    expected, found = weights_of(undisturbed), weights_of(second)
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []


def test_a_thawed_parameter_has_no_moments_of_the_time_when_it_was_frozen(drawn: Split) -> None:
    learner = learner_of(drawn, THAWING)
    epochs = train(learner, drawn)
    next(epochs)
    joined = learner.model.rpn.head.cls_logits.weight
    assert joined not in learner.optimizer.state
    next(epochs)
    assert int(learner.optimizer.state[joined]["step"]) == learner.steps_an_epoch


def test_what_joins_is_warmed_up_while_the_heads_follow_their_schedule(drawn: Split) -> None:
    learner = learner_of(drawn, THAWING)
    epochs = train(learner, drawn)
    next(epochs)
    heads, _, joined, _ = learner.schedule.get_last_lr()
    assert heads > 0.5 * THAWING.lr
    assert joined == pytest.approx(0.01 * heads)


def test_a_training_that_thaws_nothing_has_the_groups_that_it_always_had(drawn: Split) -> None:
    assert len(learner_of(drawn, PLAN).optimizer.param_groups) == 2


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"thaw": 11, "epochs": 10}, "epoch 11 never comes"),
        ({"thaw": 1}, "greater than or equal to 2"),
        ({"thaw": 3, "freeze": "none"}, "shallower than freeze: none"),
        ({"thaw": 3, "freeze": "stage2", "thaw_to": "stage2"}, "shallower than freeze: stage2"),
        ({"thaw": 3, "thaw_to": "stem1"}, "'stage1'"),
    ],
)
def test_a_thaw_that_could_not_be_is_refused(values: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        TrainPlan.model_validate(values)


def test_parameters_that_were_saved_before_there_was_a_thaw_never_thaw() -> None:
    saved = {name: value for name, value in TrainPlan().model_dump().items() if not name.startswith("thaw")}
    plan = TrainPlan.model_validate(saved)
    assert {plan.freeze_at(epoch) for epoch in range(1, 11)} == {"backbone"}
