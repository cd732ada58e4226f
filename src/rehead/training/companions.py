"""Further processes of the script that runs, started by it: they end with it, and it ends with them.

They are told their place as torchrun tells it, by RANK and WORLD_SIZE in the environment, and meet over a file on the
local disk.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

MEETING = "REHEAD_MEETING"
"""Names, for companions, the file over which the group meets."""
_POLL_SECONDS = 0.2
_GRACE_SECONDS = 60.0
_END_SECONDS = 10.0


class Companions:
    """The processes of rank 1 and up, as the process of rank 0 sees them."""

    def __init__(self, size: int, meeting: Path, *, environment: Mapping[str, str]) -> None:
        """Start this script again, with its arguments, until there are `size` processes."""
        self.met = False
        """Whether all have found one another; from then on an end is noticed by the exchange that it interrupts."""
        self._size = size
        shared = {**os.environ, **environment, MEETING: str(meeting), "WORLD_SIZE": str(size)}
        self._members = [
            subprocess.Popen(
                [sys.executable, *sys.orig_argv[1:]],
                stdin=subprocess.PIPE,
                env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": str(size)},
            )
            for rank in range(1, size)
        ]
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def fault(self, *, seconds: float = 0.0) -> str | None:
        """Name the first companion that has ended and how, waiting up to `seconds` for one; None if all live."""
        end = time.monotonic() + seconds
        while True:
            for rank, member in enumerate(self._members, start=1):
                if member.poll() is not None:
                    return f"process {rank} of {self._size} {_ending(member.returncode)}"
            if time.monotonic() >= end:
                return None
            time.sleep(_POLL_SECONDS)

    def end(self, *, patience: float) -> None:
        """Let the companions end by themselves for `patience` seconds, then end them."""
        self._over.set()
        until = time.monotonic() + patience
        for member in self._members:
            with contextlib.suppress(subprocess.TimeoutExpired):
                member.wait(max(until - time.monotonic(), 0.0))
        for member in self._members:
            member.kill()
            member.wait()
            if member.stdin:
                member.stdin.close()

    def _watch(self) -> None:
        """End this process if a companion has ended and nothing here notices: it would wait until the group's timeout.

        A collective over NCCL does not raise when its peer is gone, and before all have met there is none to raise.
        """
        while not self._over.wait(_POLL_SECONDS):
            fault = self.fault()
            if fault is not None:
                if self._over.wait(_GRACE_SECONDS if self.met else 0.0):
                    return
                with contextlib.suppress(OSError):  # nobody may be left to read it
                    print(f"{Path(sys.argv[0]).stem}: {fault}, so this one ends too", file=sys.stderr, flush=True)
                os._exit(1)


@contextmanager
def companions(size: int, *, environment: Mapping[str, str]) -> Iterator[tuple[Companions, Path]]:
    """Run `size - 1` companions beside the block; gives them, and the file to meet over.

    A RuntimeError of the block that comes of a companion's end is raised again with that end named.
    """
    with TemporaryDirectory(prefix="rehead-") as folder:
        meeting = Path(folder) / "meeting"
        others = Companions(size, meeting, environment=environment)
        patience = 0.0
        try:
            yield others, meeting
            patience = _END_SECONDS
        except RuntimeError as error:
            fault = others.fault(seconds=2.0)
            if fault is None:
                raise
            raise RuntimeError(f"{fault}: run it again to go on from the last checkpoint") from error
        except SystemExit:
            patience = _END_SECONDS
            raise
        finally:
            others.end(patience=patience)


def end_with_leader() -> None:
    """In a companion: end at once when the process that started it is gone. Ctrl-C is for that process to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_at_the_end_of_input, daemon=True).start()


def _end_at_the_end_of_input() -> None:
    """Wait for the pipe from rank 0 to close, which the system does however that process ends."""
    while os.read(0, 1):
        pass
    os._exit(1)


def _ending(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code} (its message stands above)" if code else "ended early"
