"""Work is cut off when its time is over."""

import signal
import time

import pytest

from rehead.cli.doctor.clock import Clock, OutOfTime, time_box


def test_what_takes_longer_is_cut_off() -> None:
    with pytest.raises(OutOfTime), time_box(0.02):
        time.sleep(5)


def test_a_box_that_ends_in_time_leaves_no_timer_behind() -> None:
    before = signal.getitimer(signal.ITIMER_REAL)[0]
    with time_box(5):
        pass
    assert signal.getitimer(signal.ITIMER_REAL)[0] <= before


def test_a_timer_that_was_set_before_goes_on() -> None:
    with time_box(50):
        with time_box(1):
            pass
        assert 1 < signal.getitimer(signal.ITIMER_REAL)[0] <= 50


def test_a_clock_tells_what_is_left() -> None:
    ticks = iter([10.0, 13.0, 13.0, 99.0])
    clock = Clock(5, now=lambda: next(ticks))
    assert (clock.left, clock.spent, clock.left) == (2.0, 3.0, 0.0)
