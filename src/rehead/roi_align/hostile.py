"""Boxes and maps that crash the native operator, each tried in a process of its own.

A child is forked, so it costs milliseconds rather than the seconds of importing torch. If the guard is there, every
child must come back with a refusal; without it some die, which shows what the guard is for.
"""

import faulthandler
import os
import resource
import signal
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torchvision.ops import MultiScaleRoIAlign

from rehead.roi_align.guard import GuardedRoIAlign

Pooler = Callable[[list[str], int, int], nn.Module]

NAN, INF = float("nan"), float("inf")
HOSTILE_BOXES: dict[str, tuple[float, float, float, float]] = {
    "all NaN": (NAN, NAN, NAN, NAN),
    "one NaN": (10.0, 10.0, NAN, 60.0),
    "infinite right side": (10.0, 10.0, INF, 60.0),
    "infinite left side": (-INF, 10.0, 50.0, 60.0),
    "infinite all round": (-INF, -INF, INF, INF),
    "width that overflows": (-3e38, 10.0, 3e38, 60.0),
    "a thousand million pixels wide": (0.0, 0.0, 1e9, 1e9),
    "reversed": (50.0, 50.0, 20.0, 80.0),
}
EMPTY_MAP = "feature map without pixels"

_REFUSED, _RETURNED = 10, 11


@dataclass(frozen=True)
class Outcome:
    """What one hostile input does to the bare pooler and to the guarded one."""

    name: str
    bare: str
    guarded: str

    @property
    def safe(self) -> bool:
        """Tell whether the guard refused."""
        return self.guarded == "refused"


def try_hostile_inputs(pooler: Pooler = GuardedRoIAlign) -> list[Outcome]:
    """Try every hostile input on torchvision's pooler and on `pooler`, in children: the caller survives."""
    return [
        Outcome(name, bare=fate(hostile_call(MultiScaleRoIAlign, name)), guarded=fate(hostile_call(pooler, name)))
        for name in (*HOSTILE_BOXES, EMPTY_MAP)
    ]


def hostile_call(pooler: Pooler, name: str) -> Callable[[], Tensor]:
    """Prepare the pooling of one hostile input from a single map, where no level assignment comes between."""

    def call() -> Tensor:
        side = 0 if name == EMPTY_MAP else 40
        box = HOSTILE_BOXES.get(name, (10.0, 10.0, 50.0, 60.0))
        pooled: Tensor = pooler(["0"], 7, 2)({"0": torch.rand(1, 2, side, side)}, [torch.tensor([box])], [(40, 40)])
        return pooled

    return call


def fate(call: Callable[[], object], *, seconds: float = 10.0) -> str:
    """Run a call in a forked child; returns `refused`, `raised`, `returned`, `hung`, or the signal that killed it.

    `refused` is a FloatingPointError or ValueError, so an error that a person can read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on: the child starts no thread, takes no lock
        child = os.fork()
    if child == 0:
        _end_child(call)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return _verdict(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"


def _end_child(call: Callable[[], object]) -> None:
    """Run the call with one thread, silenced and without a core file, and leave with a code; never returns."""
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        faulthandler.disable()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        torch.set_num_threads(1)
        call()
        code = _RETURNED
    except (FloatingPointError, ValueError):
        code = _REFUSED
    finally:
        os._exit(code)


def _verdict(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"died of {signal.Signals(os.WTERMSIG(status)).name}"
    return {_REFUSED: "refused", _RETURNED: "returned"}.get(os.WEXITSTATUS(status), "raised")
