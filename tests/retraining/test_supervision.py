"""Commands end in time, with all their children, and with their supervisor."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from rehead.retraining.supervision import CommandFailed, OutOfTime, Supervisor


def supervisor(folder: Path, *, seconds: float = 30.0) -> Supervisor:
    return Supervisor(
        folder=folder, environment=os.environ, log=folder / "log", deadline=time.monotonic() + seconds, grace=0.5
    )


def ends(pid: int, *, within: float = 5.0) -> bool:
    """Wait for a process that is no child of ours to end."""
    limit = time.monotonic() + within
    while time.monotonic() < limit:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def number_in(file: Path, *, within: float = 5.0) -> int:
    """Wait for a process id to be written to a file."""
    limit = time.monotonic() + within
    while time.monotonic() < limit and not (file.is_file() and file.read_text().endswith("\n")):
        time.sleep(0.05)
    return int(file.read_text())


def test_output_and_errors_go_to_the_log(tmp_path: Path) -> None:
    supervisor(tmp_path).run("sh", "-c", "echo out; echo err >&2")
    assert (tmp_path / "log").read_text().splitlines()[-2:] == ["out", "err"]


def test_a_failing_command_names_its_status_and_the_log(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"`sh -c exit 3` ended with status 3.*log"):
        supervisor(tmp_path).run("sh", "-c", "exit 3")


def test_a_command_past_its_time_is_ended_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(OutOfTime, match="past the time limit"):
        supervisor(tmp_path, seconds=0.7).run("sh", "-c", "trap '' TERM; sleep 60 & echo $! > child; wait; wait")
    assert ends(number_in(tmp_path / "child"))


def test_nothing_starts_when_the_time_is_up(tmp_path: Path) -> None:
    with pytest.raises(OutOfTime):
        supervisor(tmp_path, seconds=-1).run("sh", "-c", "sleep 0.3; touch late")
    assert not (tmp_path / "late").exists()


def test_a_command_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, time; from pathlib import Path; from rehead.retraining.supervision import Supervisor\n"
        "there = Path('.').absolute()\n"
        "run = Supervisor(folder=there, environment=os.environ, log=there / 'log', deadline=time.monotonic() + 60)\n"
        "run.run('sh', '-c', 'echo $$ > child; exec sleep 60')\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path)
    child = number_in(tmp_path / "child")
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert ends(child)
