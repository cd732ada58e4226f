from collections.abc import Callable
from typing import Any

import pytest

from rehead.cli.ablation.runs import Training

Plan = Callable[..., list[Training]]


def test_trainings_go_seed_by_seed_so_that_an_early_stop_is_balanced(plan: Plan) -> None:
    assert [str(training) for training in plan("28", "56")] == [
        "28, seed 0",
        "56, seed 0",
        "28, seed 1",
        "56, seed 1",
    ]


def test_a_seed_decides_heads_and_training(plan: Plan) -> None:
    last = plan("28", seeds=3)[-1]
    assert (last.model["seed"], last.train["seed"]) == (2, 2)


def test_values_differ_in_the_field_under_comparison_alone(plan: Plan) -> None:
    align, pool = plan(experiment="pooler", seeds=1)
    assert {name for name in align.model if align.model[name] != pool.model[name]} == {"pooler"}
    assert align.train == pool.train


def test_what_two_experiments_share_has_one_folder(plan: Plan) -> None:
    coarse, _ = plan(seeds=1)
    align, _ = plan(experiment="pooler", seeds=1)
    assert coarse.folder == align.folder


def test_a_value_given_twice_under_two_names_is_trained_once(plan: Plan) -> None:
    assert [training.value for training in plan("56", "fcn_56", seeds=1)] == ["56"]


def test_any_mask_head_can_be_compared(plan: Plan) -> None:
    assert [training.model["mask_head"] for training in plan("28", "separable_28", seeds=1)] == [
        "fcn_28",
        "separable_28",
    ]


def test_an_unknown_resolution_is_answered_with_the_known_ones(plan: Plan) -> None:
    with pytest.raises(ValueError, match=r"'48' is no model.mask_head; choose from 28, 56, 112"):
        plan("48")


@pytest.mark.parametrize(
    "change",
    [
        {"facts": {"splits": {"train": "c", "val": "b"}}},
        {"facts": {"code": {"training": "another"}}},
        {"facts": {"weights": "others"}},
        {"train": {"lr": 0.005}},
        {"train": {"epochs": 3}},
        {"model": {"input_size": 64}},
    ],
    ids=lambda change: "-".join(map(str, change)),
)
def test_another_dataset_plan_or_code_has_another_folder(change: dict[str, Any], plan: Plan) -> None:
    (before,), (after,) = plan("28", seeds=1), plan("28", seeds=1, **change)
    assert after.folder != before.folder
