"""All checks in turn, each in its box of time; what one of them finds missing, others do without or say so."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rehead.cli.doctor.clock import Clock, OutOfTime, time_box
from rehead.cli.doctor.cost import judge_cost
from rehead.cli.doctor.environment import Machine, judge_machine, look
from rehead.cli.doctor.finding import Finding, Remark, finding_of
from rehead.cli.doctor.heads import judge_heads
from rehead.cli.doctor.inputs import judge_inputs, load_batch
from rehead.cli.doctor.overfit import STEPS, overfit
from rehead.cli.doctor.pace import Pace, measure_pace
from rehead.cli.doctor.start import Start, find_start
from rehead.cli.doctor.subject import Subject, find_subject, measured
from rehead.cli.doctor.truth import judge_truth
from rehead.cli.doctor.verdict import judge_overfit, learned
from rehead.cli.memory import find_memory
from rehead.cli.plans import Plans
from rehead.progress import progress

_SECONDS = {"data": 20.0, "heads": 12.0, "input": 6.0, "truth": 8.0, "overfit": 30.0, "cost": 20.0}
_PATIENCE = {
    "data": "`dvc repro ingest` once, then this reads the dataset that it writes",
    "overfit": "run it again when the machine is not busy, or lower model.input_size",
    "cost": "run it again when the machine is not busy",
}
_FOR_COST = 12.0
"""Seconds that overfitting leaves to what comes after it, and those that it has whatever happens."""
_FOR_OVERFIT = 6.0
_OWN_SHARE = 0.85
"""Of a box, that a check plans with: what it began last may take longer than the one before."""
_FAULTS = (ValueError, RuntimeError, FloatingPointError, OSError)


@dataclass
class Examination:
    """The checks of one project; what is found on the way is kept for those that come later."""

    plans: Plans
    source: str | None
    data: Path
    scratch: Path
    clock: Clock
    subject: Subject | None = None
    start: Start | None = None
    pace: Pace | None = None

    def findings(self) -> Iterator[Finding]:
        """Run all checks; each finding is yielded as soon as it is known."""
        machine = look(find_memory(), Path())
        yield judge_machine(machine)
        yield self._boxed("data", self._find_data)
        subject = self.subject
        if subject is None:
            yield from (_without("data", name) for name in ("heads", "input", "truth", "overfit", "cost"))
            return
        limit = self.plans.model.max_detections
        yield self._boxed("heads", lambda: self._find_heads(subject))
        yield self._boxed("input", lambda: judge_inputs(load_batch(subject), self.plans, measured(subject.train)))
        yield self._boxed("truth", lambda: judge_truth(subject.val, max_detections=limit, fullest=subject.fullest))
        start = self.start
        if start is None:
            yield from (_without("heads", name) for name in ("overfit", "cost"))
            return
        yield self._boxed("overfit", lambda: self._overfit(subject, start))
        yield self._boxed("cost", lambda: self._cost(subject, start, machine))

    def _boxed(self, name: str, check: Callable[[], Finding]) -> Finding:
        """Run a check in its time; what a user can mend is a finding, not an error."""
        seconds = self._seconds(name)
        try:
            with time_box(seconds):
                return check()
        except OutOfTime:
            return Finding(name, "skipped", f"not finished in {seconds:.0f} s", _PATIENCE.get(name, _PATIENCE["cost"]))
        except _FAULTS as error:
            return Finding(name, "fail", str(error) or type(error).__name__)

    def _seconds(self, name: str) -> float:
        left = max(_FOR_OVERFIT, self.clock.left - _FOR_COST) if name == "overfit" else self.clock.left
        return min(_SECONDS[name], left)

    def _find_data(self) -> Finding:
        subject = self.subject = find_subject(self.plans, self.source, self.data, self.scratch)
        remarks = [Remark("warn", subject.stale, "`dvc repro ingest` writes it anew")] if subject.stale else []
        numbers = {"images": subject.images, "val_images": subject.val_images, "classes": len(subject.train.classes)}
        return finding_of("data", subject.told, remarks, numbers=numbers)

    def _find_heads(self, subject: Subject) -> Finding:
        start = self.start = find_start(subject)
        return judge_heads(start.detector, (subject.train, subject.val), told=start.told, whole=not subject.sampled)

    def _overfit(self, subject: Subject, start: Start) -> Finding:
        if start.missing:
            told = f"not tried: {start.missing} is not fetched yet, and random numbers learn otherwise"
            return Finding("overfit", "skipped", told, "`dvc repro swap_heads` fetches it once; then run this again")
        clock = Clock(self._seconds("overfit") * _OWN_SHARE)
        pace = self.pace = measure_pace(subject, start.detector)
        with progress("overfit", 2 * STEPS) as bar:
            fitted = overfit(subject, start.detector, clock, pace=pace, enough=learned, on_step=bar.advance)
        if fitted is None:
            return Finding("overfit", "skipped", "too few steps fitted the time to tell", _PATIENCE["overfit"])
        self.pace = fitted.pace
        return judge_overfit(fitted)

    def _cost(self, subject: Subject, start: Start, machine: Machine) -> Finding:
        clock = Clock(self._seconds("cost") * _OWN_SHARE)
        pace = self.pace or measure_pace(subject, start.detector)
        return judge_cost(subject, start.detector, clock, memory=machine.memory, free=machine.free, pace=pace)


def _without(missing: str, name: str) -> Finding:
    return Finding(name, "skipped", f"not done: `{missing}` has to be mended first")
