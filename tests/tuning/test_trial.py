"""One trial: what it is worth, and why it may end early."""

from collections.abc import Iterator

import pytest

from rehead.training.plan import TrainPlan
from rehead.tuning.plan import Scalar
from rehead.tuning.study import run_study
from tests.tuning.toy import AXES, Opening, Runs, by_trial, plan_of, tried, yielding


def test_a_trial_is_worth_its_best_epoch(opening: Opening) -> None:
    assert tried(opening, 1, yielding(0.1, 0.4, 0.3)).best_mask_AP == 0.4


def test_a_hopeless_trial_is_pruned(opening: Opening) -> None:
    good, bad = (0.5, 0.6, 0.7), (0.1, 0.1, 0.1)
    last = tried(opening, 5, by_trial(good, good, good, good, bad)).history[-1]
    assert (last.state, last.epochs, last.reason) == ("pruned", 2, "below the median after epoch 2")


def test_pruning_can_be_switched_off(opening: Opening) -> None:
    good, bad = (0.5, 0.6, 0.7), (0.1, 0.1, 0.1)
    last = tried(opening, 5, by_trial(good, good, good, good, bad), pruning=False).history[-1]
    assert (last.state, last.epochs) == ("complete", 3)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), None, "0.3"])
def test_a_score_that_is_no_finite_number_fails_its_trial(opening: Opening, score: object) -> None:
    result = tried(opening, 2, by_trial((0.1, score), (0.2,)))
    assert [record.state for record in result.history] == ["fail", "complete"]


def test_a_trial_without_epochs_fails(opening: Opening) -> None:
    assert [record.state for record in tried(opening, 2, by_trial((), (0.2,))).history] == ["fail", "complete"]


def test_divergence_fails_the_trial_and_not_the_study(opening: Opening) -> None:
    result = tried(opening, 2, by_trial(FloatingPointError("loss is nan"), (0.2,)))
    assert [(record.state, record.reason) for record in result.history] == [("fail", "loss is nan"), ("complete", None)]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")])
def test_want_of_memory_prunes_the_trial(opening: Opening, error: Exception) -> None:
    first = tried(opening, 2, by_trial(error, (0.2,))).history[0]
    assert (first.state, first.reason) == ("pruned", "out of memory")


def test_values_that_do_not_go_together_prune_the_trial_with_the_reason(opening: Opening) -> None:
    def objective(params: dict[str, Scalar]) -> Iterator[float]:
        yield float(TrainPlan(thaw=3).tuned({"train.freeze": params["train.freeze"]}).freeze_at(1) == "backbone")

    kept, pruned = sorted(tried(opening, 2, objective, seed=1).history, key=lambda record: record.state)
    assert (kept.params["train.freeze"], pruned.params["train.freeze"]) == ("backbone", "none")
    assert "train.thaw_to: Value error, must be shallower" in str(pruned.reason)


def test_any_other_error_ends_the_study(opening: Opening) -> None:
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        tried(opening, 2, by_trial(RuntimeError("a mistake of ours")))


def test_each_trial_is_a_child_run_with_its_scores(opening: Opening) -> None:
    runs = Runs()
    run_study(opening(), plan_of(1), AXES, yielding(0.1, 0.4), open_run=runs.open)
    parent, child = runs.opened
    facts = (child.name, child.parent, child.points)
    assert facts == ("trial 0", parent.run_id, [("val/mask_AP", 0.1, 1), ("val/mask_AP", 0.4, 2)])


def test_a_pruned_trial_leaves_its_run_as_pruned(opening: Opening) -> None:
    runs = Runs()
    run_study(opening(), plan_of(2), AXES, by_trial(MemoryError(), (0.2,)), open_run=runs.open)
    assert (runs.opened[1].left_by, runs.opened[1].tag["reason"]) == ("TrialPruned", "out of memory")
