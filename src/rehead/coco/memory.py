"""A bound on memory for the time of reading, so that a file too large ends in an error and not in the system's kill."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SHARE = 0.8
"""Of the free memory, what reading may take: a fifth is left for what is made of it."""
_CONTAINERS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)


@contextmanager
def bounded_memory(room: int | None = None) -> Iterator[None]:
    """Let allocations beyond `room` bytes, by default most of what is free, raise MemoryError within the block.

    Where the system does not tell what is free, nothing is bounded.
    """
    free = free_bytes()
    room = int(_SHARE * free) if room is None and free is not None else room
    before = resource.getrlimit(resource.RLIMIT_AS)
    if room is not None:
        resource.setrlimit(resource.RLIMIT_AS, (_lower(_mapped() + room, before[0]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def free_bytes() -> int | None:
    """Count the bytes that are free on this machine, or in its container if that has less; None if it is not told."""
    free = []
    with suppress(OSError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free += [int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")]
    for limit, used in _CONTAINERS:
        with suppress(OSError, ValueError):  # no such file, or `max`
            free.append(int(limit.read_text()) - int(used.read_text()))
    return max(min(free), 0) if free else None


def _mapped() -> int:
    """Count the bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _lower(wanted: int, limit: int) -> int:
    return wanted if limit == resource.RLIM_INFINITY else min(wanted, limit)
