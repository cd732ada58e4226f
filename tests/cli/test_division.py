"""Splits that the source does not give are cut by its size, and what belongs together stays together."""

from dataclasses import replace

import pytest

from rehead.cli.advice import Advice, Survey
from rehead.cli.division import Balance, advise_group, advise_seed, advise_test, advise_val, training_images
from rehead.cli.plans import Plans
from tests.cli.surveys import measured, survey

WALLS = tuple(f"wall{n // 4}_{n % 4}.jpg" for n in range(60))


@pytest.mark.parametrize(("images", "share"), [(20, 0.3), (100, 0.2), (1000, 0.15), (20_000, 0.05)])
def test_the_larger_the_set_the_smaller_the_share_for_validation(images: int, share: float) -> None:
    assert advise_val(survey(given={"train": images}), Plans()).value == share


@pytest.mark.parametrize(("images", "share"), [(20, "val"), (100, 0.2), (1000, 0.15), (20_000, 0.05)])
def test_a_set_too_small_to_spare_any_image_is_scored_on_validation(images: int, share: float | str) -> None:
    assert advise_test(survey(given={"train": images}), Plans()).value == share


def test_a_given_split_leaves_the_share_as_it_is() -> None:
    plans = Plans().with_value("data", "val", 0.4)
    assert advise_val(survey(given={"train": 20, "val": 7}), plans).value == 0.4


def test_a_given_split_is_counted_in_the_reason() -> None:
    assert "7 images of its own" in advise_test(survey(given={"train": 20, "test": 7}), Plans()).because


@pytest.mark.parametrize(
    ("given", "left"),
    [({"train": 100}, 70), ({"train": 100, "val": 9}, 85), ({"train": 100, "val": 9, "test": 9}, 100)],
)
def test_what_is_not_cut_is_trained_on(given: dict[str, int], left: int) -> None:
    assert training_images(survey(given=given), Plans()) == pytest.approx(left)


def test_a_test_split_that_is_the_validation_split_takes_nothing_from_training() -> None:
    plans = Plans().with_value("data", "test", "val")
    assert training_images(survey(given={"train": 100}), plans) == pytest.approx(85)


def test_names_that_show_groups_give_a_pattern() -> None:
    assert advise_group(survey(measured(images=60, names=WALLS)), Plans()).value is not None


def test_names_that_show_none_give_none() -> None:
    assert advise_group(survey(), Plans()).value is None


def test_a_pattern_of_the_users_own_stays() -> None:
    plans = Plans().with_value("data", "group", "^(wal)")
    assert advise_group(survey(measured(images=60, names=WALLS)), plans).value == "^(wal)"


def test_a_pattern_that_was_proposed_before_keeps_its_reason() -> None:
    found = survey(measured(images=60, names=WALLS))
    first = advise_group(found, Plans())
    assert advise_group(found, Plans().with_value("data", "group", first.value)) == first


def test_where_nothing_is_cut_no_pattern_is_needed() -> None:
    found = replace(survey(), names={"train": WALLS, "val": ["a.jpg"], "test": ["b.jpg"]})
    assert advise_group(found, Plans()).value is None


def test_groups_that_the_given_splits_part_are_told_and_not_asked_for() -> None:
    advice = advise_group(replace(survey(), names={"train": WALLS, "val": ["wall3_9.jpg"]}), Plans())
    assert (advice.value, "such as 'wall3'" in advice.because) == (None, True)


def seed_of(found: Survey, plans: Plans | None = None, *, balance: Balance = lambda plan: 7) -> Advice:
    return advise_seed(found, plans or Plans(), balance=balance)


def test_the_seed_is_the_one_that_balances_the_splits_decided_on() -> None:
    plans = Plans().with_value("data", "val", 0.4)
    assert seed_of(survey(), plans, balance=lambda plan: 7 if plan.val == 0.4 else 8).value == 7


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(survey(given={"train": 9, "val": 9, "test": 9}), id="nothing is cut"),
        pytest.param(survey(measured(images=200, size=(4000, 3000))), id="many pixels"),
    ],
)
def test_no_image_is_decoded_for_a_seed_that_is_not_needed_or_takes_long(found: Survey) -> None:
    assert seed_of(found, balance=lambda plan: 1 // 0).value == 0


def test_groups_by_name_need_no_pixels() -> None:
    plans = Plans().with_value("data", "group", "^(.)")
    assert seed_of(survey(measured(images=200, size=(4000, 3000))), plans).value == 7


def test_a_seed_that_cannot_be_found_leaves_the_present_one() -> None:
    plans = Plans().with_value("data", "seed", 3)
    assert seed_of(survey(), plans, balance=lambda plan: None).value == 3
