"""The command's first moments."""

import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-c", "from rehead.cli.entry import main; main()", "--help"]


def test_an_interrupt_while_the_command_is_imported_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt\n")
    done = subprocess.run(COMMAND, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "rehead: interrupted\n")


def test_the_command_runs_from_here() -> None:
    done = subprocess.run(COMMAND, capture_output=True, text=True)
    assert (done.returncode, "doctor" in done.stdout) == (0, True)
