"""A folder of entries that stays below a size, shared by processes at once.

An entry appears whole or not at all, and is the same whoever writes it. What is full, damaged or closed to us costs
the gain and nothing else: a training goes on without, and one line says so.
"""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rehead.detector.trunk import Features
from rehead.feature_cache.entries import DamagedError, packed, unpacked
from rehead.files import write_atomically

_RESERVE_BYTES = 1 << 30
_IN_USE_SECONDS = 900.0
_FRESH_SECONDS = 60.0
_RESCANS = 50
"""How often the folder is looked through while one process fills it."""


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Store:
    """Entries by name in `root/key`; `cap_bytes` holds for all of `root`."""

    cap_bytes: int

    def __init__(
        self,
        root: Path,
        key: str,
        *,
        cap_bytes: int,
        reserve_bytes: int = _RESERVE_BYTES,
        tell: Callable[[str], None] = _tell,
    ) -> None:
        """Leave `reserve_bytes` of the disk to others; `tell` is given what a person should know, each thing once."""
        self._root, self.folder = root, root / key
        self.cap_bytes, self._reserve, self._tell = cap_bytes, reserve_bytes, tell
        self._opened, self._known_bytes, self._unseen_bytes = time.time(), 0, cap_bytes
        self._closed = self._told_of_damage = False

    def holds(self, name: str) -> bool:
        """Tell whether there is such an entry, sound or not."""
        return (self.folder / name).exists()

    def read(self, name: str) -> Features | None:
        """Read an entry; one that is damaged is removed, and None comes back as if it had not been there."""
        path = self.folder / name
        try:
            features = unpacked(path)
            self._mark_used(path)
        except FileNotFoundError:
            return None
        except (DamagedError, OSError) as fault:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            if not self._told_of_damage:
                self._tell(f"feature cache: {fault}; it is computed again, and so is any other like it")
            self._told_of_damage = True
            return None
        return features

    def write(self, name: str, features: Features) -> None:
        """Keep an entry, if there is room or room can be made."""
        if self._closed:
            return
        data = packed(features)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self.folder).free < len(data) + self._reserve:
                self._close(f"less than {self._reserve / 1e9:.1f} GB of the disk would be left")
            elif not self._has_room(len(data)):
                self._close(f"train.feature_cache_gb: {self.cap_bytes / 1e9:g} is reached by what is in use")
            else:
                write_atomically(self.folder / name, data)
                self._known_bytes += len(data)
                self._unseen_bytes += len(data)
        except OSError as fault:
            self._close(str(fault))

    def _close(self, reason: str) -> None:
        self._closed = True
        self._tell(f"feature cache: nothing more is added to {self._root}: {reason}")

    def _has_room(self, size: int) -> bool:
        """Look through the folder now and then, for others write as well; remove what was not used for longest."""
        if self._unseen_bytes * _RESCANS >= self.cap_bytes or self._known_bytes + size > self.cap_bytes:
            found = self._scan()
            self._known_bytes, self._unseen_bytes = sum(size for _, size, _ in found), 0
            oldest_in_use = min(self._opened, time.time() - _IN_USE_SECONDS)
            for used, bytes_, path in sorted(found):
                if self._known_bytes + size <= self.cap_bytes or used >= oldest_in_use:
                    break
                path.unlink(missing_ok=True)
                self._known_bytes -= bytes_
        return self._known_bytes + size <= self.cap_bytes

    def _scan(self) -> list[tuple[float, int, Path]]:
        """List the time of last use, the size and the path of all entries."""
        found = []
        for path in self._root.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):  # another process has just removed it
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        return found

    def _mark_used(self, path: Path) -> None:
        """Note when an entry was used, which its time of change tells: it is never changed."""
        if time.time() - path.stat().st_mtime > _FRESH_SECONDS:
            with contextlib.suppress(OSError):
                os.utime(path)
