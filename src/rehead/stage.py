"""One run of a DVC stage: a lock of its own, an end with its DVC or by a signal, and inputs that stayed as they were.

DVC hashes dependencies and parameters only after a command has ended, and leaves the command running when it is
killed itself. So a stage takes a lock on its name, watches the process that started it, and fails if anything it
read has changed by the time it ends.
"""

import argparse
import contextlib
import hashlib
import inspect
import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any, NoReturn

import psutil

from rehead.files import held_lock, sha256_of
from rehead.params import load_document

_REPORTED = (ValueError, RuntimeError, FloatingPointError, OSError)
"""What a user can mend: told in one line, without a traceback unless REHEAD_TRACEBACK is set."""
_NOT_FINITE = 65
"""Exit status for numbers that are no longer finite, EX_DATAERR of sysexits.h: trying again would not help."""
_SHELLS = {"ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "mksh", "sh", "tcsh", "zsh"}
_ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_ECHO_SECONDS = 2.0
"""A signal to the whole group may arrive a second time, by way of a launcher that passes it on."""
_WATCH_SECONDS, _GRACE_SECONDS = 0.5, 60.0


def run(main: Callable[..., int | None]) -> NoReturn:
    """Run a stage script: keywords of `main` without a default are flags that take a path; exits with what it returns.

    An error that a user can mend ends the process with its message and 1, or 65 where numbers were no longer finite;
    REHEAD_TRACEBACK=1 shows where it arose.
    """
    parser = argparse.ArgumentParser(description=inspect.getmodule(main).__doc__)
    for name, parameter in inspect.signature(main).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True)
    arguments = vars(parser.parse_args())
    try:
        sys.exit(main(**arguments))
    except _REPORTED as error:
        if "REHEAD_TRACEBACK" in os.environ:
            raise
        print(f"{Path(sys.argv[0]).stem}: {error}", file=sys.stderr)
        sys.exit(_NOT_FINITE if isinstance(error, FloatingPointError) else 1)
    except (KeyboardInterrupt, SystemExit) as end:
        _leave(end.code if isinstance(end, SystemExit) else 128 + signal.SIGINT)


def _leave(status: str | int | None) -> NoReturn:
    """Exit with a status; a signal that asked for it is heard no more.

    A Ctrl-C may be pressed twice, or be passed on by a launcher whose whole group has had it already: Python, closing,
    would die of the second one with another status.
    """
    if isinstance(status, int) and status - 128 in _ENDINGS:
        signal.signal(status - 128, signal.SIG_IGN)
    sys.exit(status)


class Ending:
    """Turns SIGTERM, Ctrl-C and a closed terminal into SystemExit, so that all is closed on the way out."""

    def __init__(self, *, echo: float = _ECHO_SECONDS) -> None:
        """Begin with nobody having asked; for `echo` seconds after a signal another one counts as the same."""
        self.status: int | None = None
        """The exit status that a signal asks for: 128 and its number."""
        self.check: Callable[[], None] = lambda: None  # raises RuntimeError if what the stage read has changed
        self._heard, self._echo = -math.inf, echo
        self._holding, self._process = False, os.getpid()

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Only note a first signal in the block, which looks at `status` where it can stop; a second one ends it."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self.status is not None:
            sys.exit(self.status)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals over for the block, save those that the process was started to ignore."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in _ENDINGS}
        heeded = [number for number in _ENDINGS if before[number] is not signal.SIG_IGN]
        for number in heeded:
            signal.signal(number, self._hear)
        try:
            yield
        finally:
            for number in heeded:
                signal.signal(number, before[number])

    def _hear(self, number: int, _: object) -> None:
        if os.getpid() != self._process:  # a forked child, such as a loader: Ctrl-C is for its parent to deal with
            if number != signal.SIGINT:
                os._exit(128 + number)
            return
        first, since = self.status is None, time.monotonic() - self._heard
        if not first and since < self._echo:
            return
        self.status, self._heard = 128 + number, time.monotonic()
        if not (first and self._holding):
            sys.exit(self.status)
        # Not by print: the signal may have come in the middle of one.
        os.write(2, b"asked to end: finishing the step and saving; asked again, it ends at once\n")


@contextmanager
def stage(
    name: str, *, inputs: Iterable[Path], sections: Iterable[str], root: Path = Path(), follows: bool = False
) -> Iterator[Ending]:
    """Run a stage's body alone, end it with the DVC that started it, and refuse inputs changed meanwhile.

    Yields what tells of a signal to end. Raises RuntimeError if another process runs the stage in this folder, or if an
    input or one of the named sections of params.yaml, or of the values `section.key`, is no longer what it was when the
    stage began. A process that follows another one, which runs the same stage, leaves all of that to it.
    """
    paths, names = list(inputs), list(sections)
    ending = Ending()
    if follows:
        with ending.listening():
            yield ending
        return
    with held_lock(root / "data" / "locks" / f"{name}.lock", what=f"stage {name}"), ending.listening():
        _end_with_parent()
        before = _state(paths, names, root)

        def check() -> None:
            changed = [key for key, value in _state(paths, names, root).items() if value != before[key]]
            if changed:
                raise RuntimeError(
                    f"stage {name}: {', '.join(changed)} changed while it ran, so its result belongs to neither "
                    "version; run `dvc repro` again"
                )

        ending.check = check
        try:
            yield ending
        except SystemExit:
            if ending.status is not None and "DVC_STAGE" in os.environ:
                _tell_of_last_result(name, root)
            raise
        ending.check()


def _state(paths: list[Path], sections: list[str], root: Path) -> dict[str, str]:
    """Hash what the stage reads: files and folders by content, parameters by value."""
    document: Any = load_document(root / "params.yaml") if sections else {}
    found = {name: reduce(lambda value, key: (value or {}).get(key), name.split("."), document) for name in sections}
    values = {f"params.yaml:{name}": json.dumps(value, sort_keys=True, default=str) for name, value in found.items()}
    hashes = {str(path): sha256_of(path) if path.exists() else "absent" for path in paths}
    return hashes | {key: hashlib.sha256(value.encode()).hexdigest() for key, value in values.items()}


def _end_with_parent() -> None:
    """Under DVC, send ourselves SIGTERM when the process that ordered this stage is gone."""
    if "DVC_STAGE" not in os.environ:
        return
    owner = next((p for p in psutil.Process().parents() if p.name() not in _SHELLS), None)
    if owner is None or (owner.pid == 1 and "dvc" not in " ".join(owner.cmdline())):
        sys.exit(143)  # DVC was killed while this stage was still importing, and the system has adopted us
    threading.Thread(target=_watch, args=(owner,), daemon=True).start()


def _watch(owner: psutil.Process) -> None:
    """Wait for the owner's end; psutil compares start times, so a reused process id does not fool it."""
    with contextlib.suppress(psutil.NoSuchProcess):  # it may end between the two questions
        while owner.is_running() and owner.status() != psutil.STATUS_ZOMBIE:
            time.sleep(_WATCH_SECONDS)
    print("dvc has ended: this stage ends too", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(143)


def _tell_of_last_result(name: str, root: Path) -> None:
    """Say how the outputs of the last finished run come back, which DVC removes before it runs a stage."""
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):  # nothing may change the status of the end
        outs = load_document(root / "dvc.yaml")["stages"][name]["outs"]
        if name in load_document(root / "dvc.lock")["stages"] and any(isinstance(out, str) for out in outs):
            print("`dvc checkout` brings back what this stage made the last time", file=sys.stderr, flush=True)
