import pytest

from rehead.cli.ablation.spread import excludes_zero, spread_of, t_interval


def test_the_interval_of_three_seeds_is_student_s() -> None:
    # Mean 2, deviation 1, t of 2 degrees at 97.5 %: 4.3027.
    assert t_interval([1.0, 2.0, 3.0], confidence=0.95) == pytest.approx(
        (2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), abs=1e-4
    )


def test_one_value_has_no_interval() -> None:
    assert t_interval([1.0], confidence=0.95) is None


def test_a_number_that_is_undefined_for_one_seed_has_no_mean() -> None:
    found = spread_of({0: 0.5, 1: None}, confidence=0.95)
    assert (found.mean, found.interval, found.by_seed) == (None, None, {0: 0.5, 1: None})


@pytest.mark.parametrize(
    ("interval", "outside"),
    [((0.1, 0.2), True), ((-0.2, -0.1), True), ((-0.1, 0.1), False), ((0.0, 0.1), False), (None, False)],
)
def test_an_interval_leaves_zero_out_on_either_side(interval: tuple[float, float] | None, outside: bool) -> None:
    assert excludes_zero(interval) is outside
