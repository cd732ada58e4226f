import pytest

from rehead.training.plan import TrainPlan
from rehead.training.schedule import Course, rate_factor


def test_the_rate_rises_over_the_warm_up_and_then_follows_a_cosine_to_zero() -> None:
    factor = rate_factor(TrainPlan(schedule="cosine", warmup=0.1), course=Course(100))
    assert factor(0) == pytest.approx(0.01)
    assert factor(10) == pytest.approx(1.0)
    assert factor(55) == pytest.approx(0.5)
    assert factor(100) == pytest.approx(0.0)


def test_without_a_warm_up_what_joins_later_has_the_full_rate() -> None:
    factor = rate_factor(TrainPlan(schedule="constant", warmup=0.0), course=Course(10), start=4)
    assert {factor(s) for s in range(10)} == {1.0}


def test_steps_drop_to_a_tenth_and_a_hundredth() -> None:
    factor = rate_factor(TrainPlan(schedule="step", warmup=0.0), course=Course(100))
    assert [factor(s) for s in (0, 66, 67, 89, 90)] == [1.0, 1.0, 0.1, 0.1, 0.01]


def test_a_constant_rate_stays_after_the_warm_up() -> None:
    factor = rate_factor(TrainPlan(schedule="constant", warmup=0.0), course=Course(10))
    assert {factor(s) for s in range(10)} == {1.0}


def test_a_course_that_ends_earlier_goes_on_from_its_rate_and_still_ends_at_zero() -> None:
    course = Course(1000)
    factor = rate_factor(TrainPlan(schedule="cosine", warmup=0.0), course=course)
    before = factor(10)
    course.steer(10, end=30)
    assert factor(10) == before
    assert factor(20) == pytest.approx(0.5, abs=0.02)
    assert factor(30) == pytest.approx(0.0)


def test_a_course_may_grow_again() -> None:
    course = Course(100)
    course.steer(10, end=20)
    place = course.at(12)
    course.steer(12, end=100)
    assert course.at(12) == place
    assert course.at(100) == 100


def test_a_course_left_alone_takes_every_step_for_its_own_place() -> None:
    assert [Course(7).at(step) for step in range(9)] == list(range(9))
