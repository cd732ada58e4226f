"""Time and memory follow from a few steps by plain arithmetic."""

import pytest

from rehead.cli.doctor.finding import Finding
from rehead.cli.doctor.forecast import Timing, Workload, in_time, judge_forecast, predict

GIB = float(1 << 30)
TIMING = Timing(batch_size=4, steps=(2.0, 2.2, 1.8), loads=(0.4, 0.4, 0.4), validation=0.5, peak=2 * GIB, fixed=GIB)
WORK = Workload(images=40, val_images=10, batch_size=4, epochs=3, workers=0)


def judged(*, free: float = 16 * GIB, work: Workload = WORK, scaled_from: int = 0) -> Finding:
    return judge_forecast(predict(TIMING, work), TIMING, work, free=free, estimate=GIB, scaled_from=scaled_from)


def test_an_epoch_is_its_steps_their_loading_and_its_validation() -> None:
    found = predict(TIMING, WORK)
    assert [found.step, found.epoch, found.total] == pytest.approx([2.4, 29.0, 87.0])


def test_fewer_images_a_step_are_scaled_up_in_time_and_memory() -> None:
    found = predict(TIMING, Workload(images=40, val_images=10, batch_size=8, epochs=3, workers=0))
    assert [found.step, found.peak] == pytest.approx([4.8, 3 * GIB])


def test_images_loaded_beside_the_training_cost_nothing_unless_they_are_slower() -> None:
    one = Workload(images=40, val_images=10, batch_size=4, epochs=3, workers=1)
    assert predict(TIMING, one).step == pytest.approx(2.0)
    slow = Timing(batch_size=4, steps=(2.0,), loads=(9.0,), validation=0.5, peak=GIB, fixed=GIB)
    assert predict(slow, one).step == pytest.approx(9.0)


@pytest.mark.parametrize(("free", "state"), [(16, "ok"), (2.2, "warn"), (1.5, "fail")])
def test_a_step_must_fit_the_free_memory(free: float, state: str) -> None:
    finding = judged(free=free * GIB)
    assert (finding.state, finding.cure) == (state, "" if state == "ok" else "train.batch_size: 2")


def test_a_training_of_days_is_worth_a_look() -> None:
    long = Workload(images=40_000, val_images=10, batch_size=4, epochs=30, workers=0)
    assert (judged(work=long).state, "8 days" in judged(work=long).told) == ("warn", True)


def test_what_was_not_timed_is_said() -> None:
    assert "scaled up from an image of 128 px" in judged(scaled_from=128).told


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.25, "1.2 s"), (90, "90 s"), (600, "10 min"), (7200, "2 h"), (1e6, "12 days")]
)
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert in_time(seconds) == text
