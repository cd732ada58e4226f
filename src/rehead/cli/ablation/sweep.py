"""All trainings of an ablation, one after the other; those that are done already are taken as they are."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehead.cli.ablation.runs import Run, Training, stored_run
from rehead.progress import Bar, progress

_GRACE_SECONDS = 10.0
_CHILD = (sys.executable, "-m", "rehead.cli.ablation.one_run")

Event = dict[str, Any]
Start = Callable[[Training], Iterator[Event]]
"""Starts a training and yields what it tells; raises RunFailedError if it ends badly."""


class RunFailedError(RuntimeError):
    """A training diverged, ran out of memory or was killed."""


@dataclass(frozen=True)
class Sweep:
    """The runs that are done, in their order, and one line for each that failed."""

    runs: list[Run]
    faults: list[str]


def sweep(trainings: Sequence[Training], start: Start, *, units: int, summary: Callable[[Run], str]) -> Sweep:
    """Do what is missing and return all; `units` is how many steps and predicted images a training tells of.

    A training that fails is told and left out; the others go on. Ctrl-C loses the one that is under way.
    """
    missing = [training for training in trainings if stored_run(training) is None]
    faults: list[str] = []
    with progress("ablate", len(missing) * units) as bar:
        if len(missing) < len(trainings):
            bar.line(f"{len(trainings) - len(missing)} of {len(trainings)} runs are done already")
        began = time.monotonic()
        for number, training in enumerate(missing, start=1):
            note = f"{training} ({number} of {len(missing)} runs)"
            fault = _follow(start(training), bar, note=note, units=units)
            if fault is not None:
                faults.append(f"{training}: {fault}")
            told = summary(_finished(training)) if fault is None else f"failed: {fault}"
            left = _remaining((time.monotonic() - began) / number, len(missing) - number)
            bar.line(f"{training}: {told}; {left}")
    found = [stored_run(training) for training in trainings]
    return Sweep([run for run in found if run is not None], faults)


def child_process(dataset: Path, *, weights: Path | None = None) -> Start:
    """Start each training as a process of its own; `weights` as in `facts_of`."""

    def start(training: Training) -> Iterator[Event]:
        request = {
            "value": training.value,
            "seed": training.seed,
            "model": training.model,
            "train": training.train,
            "folder": str(training.folder),
            "dataset": str(dataset),
            "weights": None if weights is None else str(weights),
        }
        with _child(json.dumps(request)) as child:
            last: Event = {}
            for line in child.stdout or ():
                if line.startswith("{"):
                    last = json.loads(line)
                    yield last
            code = child.wait()
        if code != 0:
            raise RunFailedError(last.get("fault") or _ending(code))

    return start


@contextmanager
def _child(request: str) -> Iterator[subprocess.Popen[str]]:
    """Run the child with a request on its standard input, and end it with the block."""
    with subprocess.Popen(_CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            if child.stdin is not None:
                with suppress(BrokenPipeError):  # it has ended already; its exit code tells
                    child.stdin.write(request)
                    child.stdin.close()
            yield child
        finally:
            child.terminate()
            try:
                child.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()


def _follow(events: Iterator[Event], bar: Bar, *, note: str, units: int) -> str | None:
    """Show a training's steps; returns why it failed, None if it did not. The bar ends up where the run ends."""
    told, fault = 0, None
    try:
        for event in events:
            if "fault" not in event:
                told += 1
                bar.advance(f"{note} loss {event['loss']:.3f}" if "loss" in event else f"{note} predicting")
    except RunFailedError as error:
        fault = str(error)
    bar.advance(units=units - told)
    return fault


def _finished(training: Training) -> Run:
    run = stored_run(training)
    if run is None:
        raise RuntimeError(f"{training.folder} is gone although {training} is done: another process removed it")
    return run


def _ending(code: int) -> str:
    if code == -9:
        return "killed, most often for want of memory: lower train.batch_size"
    return f"its process ended with code {code}; what it wrote stands above"


def _remaining(seconds_each: float, runs: int) -> str:
    if runs == 0:
        return "no run is left"
    minutes, seconds = divmod(round(seconds_each * runs), 60)
    return f"{runs} to go, about {minutes} min" if minutes else f"{runs} to go, about {seconds} s"
