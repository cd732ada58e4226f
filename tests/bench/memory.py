"""Memory of this process as Linux keeps it; getrusage would hand down the peak of the process that started it."""

from pathlib import Path


def resident() -> float:
    """Give what is in memory now, in bytes."""
    return _status("VmRSS")


def peak() -> float:
    """Give the most that was in memory at once, in bytes."""
    return _status("VmHWM")


def reset_peak() -> float:
    """Let the peak begin anew at what is resident now; gives that, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident()


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name}:"))) * 1024
