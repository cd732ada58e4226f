import pytest

from rehead.training.budget import Budget
from rehead.training.plan import TrainPlan
from rehead.training.schedule import rate_factor

STEPS = 10
PLAN = TrainPlan(epochs=100, minutes=1.0, warmup=0.0)


def epoch(budget: Budget, number: int, *, step: float, validation: float) -> None:
    """Spend the seconds of an epoch and its validation."""
    for index in range(STEPS):
        budget.spend(step, step=(number - 1) * STEPS + index + 1)
    budget.finish(validation, step=number * STEPS)


def trained(budget: Budget, *, step: float, validation: float) -> int:
    """Train while there are epochs; gives how many there were."""
    done = 0
    while done < budget.epochs:
        done += 1
        epoch(budget, done, step=step, validation=validation)
    return done


@pytest.mark.parametrize(
    ("step", "validation", "epochs"), [(0.5, 1.0, 9), (0.05, 0.0, 100), (2.0, 5.0, 2), (9.0, 0.0, 1)]
)
def test_no_epoch_begins_that_cannot_end_in_time(step: float, validation: float, epochs: int) -> None:
    assert trained(Budget(PLAN, steps_an_epoch=STEPS), step=step, validation=validation) == epochs


@pytest.mark.parametrize("step", [0.3, 9.0])
def test_the_rate_still_ends_at_zero(step: float) -> None:
    budget = Budget(PLAN, steps_an_epoch=STEPS)
    done = trained(budget, step=step, validation=1.0)
    assert rate_factor(PLAN, course=budget.course)(done * STEPS) == pytest.approx(0.0, abs=1e-9)


def test_the_schedule_is_shortened_within_the_first_epoch() -> None:
    budget = Budget(PLAN, steps_an_epoch=STEPS)
    for step in (1, 2, 3):
        budget.spend(1.0, step=step)
    assert budget.epochs == 5


def test_epochs_that_become_faster_make_room_for_more() -> None:
    budget = Budget(PLAN, steps_an_epoch=STEPS)
    epoch(budget, 1, step=2.0, validation=0.0)
    slow = budget.epochs
    epoch(budget, 2, step=0.5, validation=0.0)
    assert budget.epochs > slow


def test_an_interruption_loses_neither_the_time_nor_the_course() -> None:
    first, second = (Budget(PLAN, steps_an_epoch=STEPS) for _ in range(2))
    epoch(first, 1, step=1.0, validation=1.0)
    second.restore(first.state())
    assert (second.epochs, second.course) == (first.epochs, first.course)
    epoch(first, 2, step=1.5, validation=1.0)
    epoch(second, 2, step=1.5, validation=1.0)
    assert second.state() == first.state()


def test_a_validation_after_an_interruption_is_fitted_in_as_if_there_had_been_none() -> None:
    first, second = (Budget(PLAN, steps_an_epoch=STEPS) for _ in range(2))
    for step in range(1, STEPS + 1):
        first.spend(1.0, step=step)
    second.restore(first.state())
    for budget in (first, second):
        budget.finish(5.0, step=STEPS)
    assert (second.epochs, second.state()) == (3, first.state())


def test_without_minutes_there_are_all_epochs_however_long_they_take() -> None:
    budget = Budget(TrainPlan(epochs=3), steps_an_epoch=STEPS)
    assert trained(budget, step=1e6, validation=1.0) == 3
