"""Memory: what is free, what was taken at most, and which errors say that there was too little."""

import ctypes
import gc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import torch

from rehead.coco.memory import free_bytes

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_KIB = 1024
_WORDS = (
    *("out of memory", "_alloc_failed", "can't allocate memory", "not enough memory", "bad_alloc"),
    "could not create a primitive",
)
"""What torch, cuBLAS and cuDNN say on a GPU, torch on a CPU on Linux and elsewhere, and oneDNN's own allocations.

The last is oneDNN's as well, where it finds no room for the code that it writes: one training in four of those tried.
"""


def is_want_of_memory(error: BaseException) -> bool:
    """Tell whether an allocation failed, on a GPU or in a process whose memory is bounded.

    Linux bounds nothing by itself: it kills a process when the machine's memory is at its end.
    """
    told = isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _WORDS)
    return told or isinstance(error, MemoryError)


def release_memory() -> None:
    """Let go of what a failed step has left behind, in the pools of torch and of the C library as well.

    Measured where a step of six images had failed in 400 MiB: without the latter one image alone failed too.
    """
    gc.collect()
    with suppress(AttributeError, OSError):  # where the C library is not glibc
        ctypes.CDLL(None).malloc_trim(0)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def free_memory(device: torch.device) -> int:
    """Count the bytes that a device has free: a GPU, or this machine or its container, whichever has less."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    free = free_bytes()
    return int(psutil.virtual_memory().available) if free is None else free


def peak_memory(device: torch.device) -> Callable[[], float]:
    """Give a function that tells the most bytes that the process, or the GPU, has held since now.

    Where Linux does not let the mark be reset, what is held at the moment stands for it.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return lambda: float(torch.cuda.max_memory_reserved(device))
    try:
        _RESET.write_text("5")
    except OSError:
        return lambda: float(psutil.Process().memory_info().rss)
    return _highest


def _highest() -> float:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return float(line.split()[1]) * _KIB
