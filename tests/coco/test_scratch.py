"""Scratch folders go with their block, and with the next block if their process was killed."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from rehead.coco.scratch import scratch_folder

PREFIX = "rehead-test-"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def _grown_old(folder: Path) -> None:
    for lock in folder.glob("*/in-use"):
        os.utime(lock, (time.time() - 600, time.time() - 600))


def test_a_folder_goes_with_its_block_even_if_that_fails(temporary: Path) -> None:
    with pytest.raises(FileNotFoundError), scratch_folder(PREFIX) as folder:
        (folder / "nowhere" / "file").write_text("x")
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_block(temporary: Path) -> None:
    program = (
        "import os, tempfile\n"
        "from rehead.coco.scratch import scratch_folder\n"
        f"tempfile.tempdir = {str(temporary)!r}\n"
        f"with scratch_folder({PREFIX!r}):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=False)
    assert len(list(temporary.iterdir())) == 1
    _grown_old(temporary)
    with scratch_folder(PREFIX):
        assert len(list(temporary.iterdir())) == 1
    assert list(temporary.iterdir()) == []


def test_a_folder_in_use_is_left_alone(temporary: Path) -> None:
    with scratch_folder(PREFIX) as first:
        _grown_old(temporary)
        with scratch_folder(PREFIX):
            assert first.is_dir()
