"""Running commands that cannot outlive their time or their owner."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_GRACE_SECONDS = 20.0


class OutOfTime(Exception):
    """The time limit was reached; every process of the command has been ended."""


class CommandFailed(Exception):
    """A command ended with another exit status than 0."""


@dataclass(frozen=True, kw_only=True)
class Supervisor:
    """Runs commands one after the other in one folder, all under one deadline and with one log."""

    folder: Path
    environment: Mapping[str, str]
    log: Path
    deadline: float
    grace: float = _GRACE_SECONDS
    clock: Callable[[], float] = field(default=time.monotonic)

    def run(self, *command: str) -> None:
        """Run a command, its output appended to the log.

        Raises OutOfTime when the deadline passes (the process group is ended first) and CommandFailed on an exit
        status other than 0.
        """
        with self.log.open("ab") as log:
            log.write(f"$ {' '.join(command)}\n".encode())
            log.flush()
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=dict(self.environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
            try:
                status = process.wait(timeout=max(0.0, self.deadline - self.clock()))
            except subprocess.TimeoutExpired:
                raise OutOfTime(f"`{' '.join(command)}` ran past the time limit") from None
            finally:
                end_group(process, grace=self.grace)
        if status != 0:
            raise CommandFailed(f"`{' '.join(command)}` ended with status {status}; its output is in {self.log}")

    def read(self, *command: str) -> str:
        """Run a quick command and return what it printed, stripped; raises CommandFailed with its errors."""
        result = subprocess.run(command, cwd=self.folder, env=dict(self.environment), capture_output=True, text=True)
        if result.returncode != 0:
            raise CommandFailed(f"`{' '.join(command)}` failed: {result.stderr.strip()}")
        return result.stdout.strip()


def end_group(process: subprocess.Popen[bytes], *, grace: float) -> None:
    """Ask a process group to end, wait, then kill what is left of it."""
    _signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=grace)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def _end_with_parent() -> None:
    """In the child: ask the kernel for SIGTERM when the process that started us dies, however it dies."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
