"""Processes that start one another and end together, without torch: each takes a tenth of a second."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

SCRIPT = """\
import os, signal, sys, time
from pathlib import Path
from rehead.training.companions import companions, end_with_leader

deed, folder = sys.argv[1], Path(sys.argv[2])
if "RANK" in os.environ:
    end_with_leader()
    (folder / "companion").write_text(str(os.getpid()))
    if deed == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if deed in ("raises", "unmet"):
        sys.exit("no such image")
    if deed == "leaves":
        sys.exit(0)
    time.sleep(60)
with companions(2, environment={}) as (others, meeting):
    others.met = deed != "unmet"
    while not (folder / "companion").is_file():
        time.sleep(0.05)
    (folder / "leader").write_text(str(os.getpid()))
    if deed in ("killed", "raises", "leaves"):
        raise RuntimeError("connection closed by peer")
    if deed == "refused":
        raise ValueError("train.lr is too high")
    time.sleep(60)
"""


def run(deed: str, folder: Path) -> subprocess.Popen[str]:
    script = folder / "script.py"
    script.write_text(SCRIPT)
    return subprocess.Popen([sys.executable, str(script), deed, str(folder)], stderr=subprocess.PIPE, text=True)


def ended(folder: Path) -> bool:
    return not psutil.pid_exists(int((folder / "companion").read_text()))


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        ("killed", "process 1 of 2 was ended by SIGKILL: run it again to go on from the last checkpoint"),
        ("raises", "process 1 of 2 ended with exit code 1 (its message stands above)"),
        ("leaves", "process 1 of 2 ended early"),
        ("unmet", "process 1 of 2 ended with exit code 1 (its message stands above), so this one ends too"),
        ("refused", "ValueError: train.lr is too high"),
    ],
)
def test_the_end_of_one_ends_the_other_and_says_which(deed: str, told: str, tmp_path: Path) -> None:
    leader = run(deed, tmp_path)
    _, errors = leader.communicate(timeout=30)
    assert (leader.returncode, told in errors, ended(tmp_path)) == (1, True, True), errors


def test_a_companion_does_not_outlive_a_leader_that_was_killed(tmp_path: Path) -> None:
    leader = run("neither", tmp_path)
    end = time.monotonic() + 30
    while not (tmp_path / "leader").is_file():
        assert time.monotonic() < end
        time.sleep(0.05)
    os.kill(leader.pid, signal.SIGKILL)
    leader.communicate()
    while not ended(tmp_path):
        assert time.monotonic() < end, "the companion lives on"
        time.sleep(0.05)


def test_a_leader_whose_words_nobody_can_read_ends_all_the_same(tmp_path: Path) -> None:
    leader = run("unmet", tmp_path)
    assert leader.stderr
    leader.stderr.close()
    assert leader.wait(timeout=30) == 1
