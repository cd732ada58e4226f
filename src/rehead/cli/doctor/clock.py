"""A budget of seconds, and boxes of time in it that work is cut off at."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfTime(BaseException):
    """The time of a check is over; like Ctrl-C it is no error that code on the way may swallow."""


class Clock:
    """What is left of a number of seconds."""

    def __init__(self, seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        """Start now."""
        self._now, self._began = now, now()
        self._end = self._began + seconds

    @property
    def left(self) -> float:
        """Seconds until the end, never negative."""
        return max(0.0, self._end - self._now())

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return self._now() - self._began


@contextmanager
def time_box(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the block once its time is over, between two steps of the interpreter.

    A single call into native code is not cut off; nor is anything outside of the main thread. A timer that was set
    before, such as a test's own, goes on afterwards.
    """
    if threading.current_thread() is not threading.main_thread() or math.isinf(seconds):
        yield
        return
    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, _end)
    left, _ = signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - began)) if left else 0.0)
        signal.signal(signal.SIGALRM, before)


def _end(number: int, frame: FrameType | None) -> None:
    raise OutOfTime
