"""A folder for the time of a block, removed even if the process was killed in it: then by the next that needs one."""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK = "in-use"
_YOUNG_SECONDS = 60.0


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """Yield a new empty folder below the system's temporary folder (TMPDIR), which vanishes with the block."""
    _remove_abandoned(prefix)
    outer = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        with (outer / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (outer / "content").mkdir()
            yield outer / "content"
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def _remove_abandoned(prefix: str) -> None:
    """Remove folders whose process is gone: the system releases a lock with it. Young ones may not be locked yet."""
    for lock in Path(tempfile.gettempdir()).glob(f"{prefix}*/{_LOCK}"):
        with suppress(OSError), lock.open("r+") as stream:
            if time.time() - lock.stat().st_mtime > _YOUNG_SECONDS:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
