"""A machine that cannot train is told before it tries."""

from dataclasses import replace
from pathlib import Path

import pytest

from rehead.cli.doctor.environment import Machine, judge_machine, look
from rehead.cli.memory import Memory
from tests.cli.doctor.subjects import outcome

GIB = float(1 << 30)
IDLE = Machine(
    memory=Memory(int(16 * GIB), gpu=False),
    free=12 * GIB,
    disk=50 * GIB,
    processors=2,
    threads=2,
    load=0.1,
    gpu=None,
)


def test_an_idle_machine_is_well() -> None:
    assert outcome(judge_machine(IDLE)) == ("ok", False)


@pytest.mark.parametrize(
    ("change", "state", "told"),
    [
        ({"disk": 1.5 * GIB}, "warn", "1.5 GiB of disk are free"),
        ({"disk": 0.1 * GIB}, "fail", "0.1 GiB of disk are free"),
        ({"free": 0.5 * GIB}, "fail", "0.5 GiB of memory are free"),
        ({"load": 3.0}, "warn", "busy (3.0 processes on 2 processors)"),
    ],
)
def test_what_is_short_is_told(change: dict[str, float], state: str, told: str) -> None:
    finding = judge_machine(replace(IDLE, **change))  # type: ignore[arg-type]
    assert (*outcome(finding), told in finding.told) == (state, True, True)


def test_this_machine_is_looked_at(tmp_path: Path) -> None:
    machine = look(Memory(int(64 * GIB), gpu=False), tmp_path)
    assert machine.free > 0
    assert machine.disk > 0
    assert machine.processors >= 1
