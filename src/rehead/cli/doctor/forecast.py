"""Time and memory of a training, predicted from a few steps: pure arithmetic and judgement."""

from dataclasses import dataclass
from statistics import median

from rehead.cli.doctor.finding import Finding, Remark, State, finding_of
from rehead.cli.memory import in_gib

_FULL, _TIGHT = 1.0, 0.8
"""Shares of the free memory."""
_MINUTE, _HOUR = 60.0, 3600.0
_LONG = 24 * _HOUR


@dataclass(frozen=True)
class Timing:
    """Measured: seconds of each step and of loading its batch, of a validation image, and bytes at most and before."""

    batch_size: int
    steps: tuple[float, ...]
    loads: tuple[float, ...]
    validation: float
    peak: float
    fixed: float


@dataclass(frozen=True)
class Workload:
    """What a training does: images, steps and validation images of an epoch, epochs, loading processes."""

    images: int
    val_images: int
    batch_size: int
    epochs: int
    workers: int

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return -(-self.images // self.batch_size)


@dataclass(frozen=True)
class Forecast:
    """Predicted: seconds of a step with its loading, of an epoch's steps, its validation, all epochs; bytes at most."""

    step: float
    learning: float
    validation: float
    total: float
    peak: float

    @property
    def epoch(self) -> float:
        """Seconds of an epoch with its validation."""
        return self.learning + self.validation


def predict(timing: Timing, work: Workload) -> Forecast:
    """Predict a training; what was measured with fewer images a step is scaled up in proportion to them."""
    images = work.images / work.steps
    share = images / timing.batch_size
    load = median(timing.loads) * share
    step = median(timing.steps) * share
    # Loading processes work beside the training: only what they cannot keep up with is waited for.
    step = step + load if work.workers == 0 else max(step, load / work.workers)
    learning, validation = step * work.steps, timing.validation * work.val_images
    peak = timing.fixed + (timing.peak - timing.fixed) * work.batch_size / timing.batch_size
    return Forecast(step, learning, validation, work.epochs * (learning + validation), peak)


def judge_forecast(
    forecast: Forecast, timing: Timing, work: Workload, *, free: float, estimate: float, scaled_from: int = 0
) -> Finding:
    """Judge a prediction against the free memory; `estimate` is what `rehead init` reckons with.

    `scaled_from` is the side of the smaller images that the time was scaled up from, if larger ones were too slow.
    """
    remarks = _memory(forecast, work, free=free)
    if forecast.total > _LONG:
        cure = "a GPU, a smaller model.input_size, a deeper train.freeze or fewer train.epochs"
        remarks.append(Remark("warn", f"training would take {in_time(forecast.total)}", cure))
    fewer = f" with {timing.batch_size} images in place of {work.batch_size}, scaled up"
    timed = 0 if scaled_from else len(timing.steps)
    how = f"{timed} steps timed{fewer if timing.batch_size < work.batch_size else ''}"
    if scaled_from:
        how = f"too slow to be timed: at most this, scaled up from an image of {scaled_from} px; memory not measured"
    told = (
        f"an epoch {in_time(forecast.epoch)} ({work.steps} steps of {forecast.step:.2f} s, validation "
        f"{in_time(forecast.validation)}), {work.epochs} epochs {in_time(forecast.total)}; memory "
        f"{in_gib(forecast.peak)} at most of {in_gib(free)} free, estimated {in_gib(estimate)} ({how})"
    )
    numbers = {
        "seconds_a_step": forecast.step,
        "seconds_an_epoch": forecast.epoch,
        "seconds_of_validation": forecast.validation,
        "seconds_in_all": forecast.total,
        "memory_bytes": forecast.peak,
        "memory_estimate_bytes": estimate,
        "steps_timed": timed,
        "batch_size_timed": timing.batch_size if timed else 0,
    }
    return finding_of("cost", told, remarks, numbers=numbers)


def in_time(seconds: float) -> str:
    """Write a duration for people."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.0f} h" if seconds < 2 * _LONG else f"{seconds / _LONG:.0f} days"


def _memory(forecast: Forecast, work: Workload, *, free: float) -> list[Remark]:
    if forecast.peak <= _TIGHT * free:
        return []
    smaller = max(1, work.batch_size // 2)
    cure = f"train.batch_size: {smaller}" if work.batch_size > 1 else "lower model.input_size, or cut tiles"
    state: State = "fail" if forecast.peak > _FULL * free else "warn"
    return [Remark(state, f"a step takes {in_gib(forecast.peak)} of {in_gib(free)} free memory", cure)]
