"""The memory that training would have; torch is not imported to tell."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

_CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_QUERY = ("--query-gpu=memory.total", "--format=csv,noheader,nounits")
_SECONDS = 20.0
_MIB = 1 << 20


@dataclass(frozen=True)
class Memory:
    """Bytes in all, of the first GPU if torch could use one, else of this machine or its container."""

    bytes: int
    gpu: bool

    @property
    def usable(self) -> float:
        """Bytes that training may take: half of a machine's, which serves others too, four fifths of a GPU's."""
        return self.bytes * (0.8 if self.gpu else 0.5)

    def __str__(self) -> str:
        return f"{in_gib(self.bytes)} of {'the GPU' if self.gpu else 'memory'}"


def find_memory(*, torch: str | None = None, limits: Iterable[Path] = _CONTAINER_LIMITS) -> Memory:
    """Look for a GPU, then at this machine and the limit of its container; `torch` is the version of that installed."""
    on_gpu = None if (torch or version("torch")).endswith("+cpu") else _gpu_bytes()
    if on_gpu is not None:
        return Memory(on_gpu, gpu=True)
    found = [psutil.virtual_memory().total]
    for path in limits:
        with suppress(OSError, ValueError):  # no such file, or `max`
            found.append(int(path.read_text()))
    return Memory(min(found), gpu=False)


def in_gib(number: float) -> str:
    """Write bytes for people."""
    return f"{number / (1 << 30):.1f} GiB"


def _gpu_bytes() -> int | None:
    """Ask nvidia-smi for the memory of the GPU that torch would take first; None without one."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    program = shutil.which("nvidia-smi")
    if program is None or chosen in ("", "-1"):
        return None
    try:
        command = [program, *_QUERY, "-i", chosen]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_SECONDS).stdout
        return int(told.split()[0]) * _MIB
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
