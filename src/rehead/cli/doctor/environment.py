"""The machine: versions, processors, GPU, free memory and disk, and what else it is doing."""

import os
import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil
import torch

from rehead.cli.doctor.finding import Finding, Remark, State, finding_of
from rehead.cli.memory import Memory, in_gib

_LEAST_DISK, _SOME_DISK = 0.5 * (1 << 30), 2.0 * (1 << 30)
"""A training keeps four copies of its weights with the optimiser's state, and DVC's cache its results."""
_LEAST_MEMORY = 1.0 * (1 << 30)
"""torch, a small model and one small batch."""
_BUSY = 0.5
"""Processes a processor, this one left out, above which measured times are not those of the machine."""


@dataclass(frozen=True)
class Machine:
    """What was found; bytes, processors that may be used, and the processes that wanted one in the last minute."""

    memory: Memory
    free: float
    disk: float
    processors: int
    threads: int
    load: float
    gpu: str | None


def look(memory: Memory, folder: Path) -> Machine:
    """Look at the machine; `folder` is on the disk that the pipeline writes to."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    free = float(torch.cuda.mem_get_info()[0]) if gpu else float(min(psutil.virtual_memory().available, memory.bytes))
    return Machine(
        memory=memory,
        free=free,
        disk=float(shutil.disk_usage(folder).free),
        processors=len(os.sched_getaffinity(0)),
        threads=torch.get_num_threads(),
        load=os.getloadavg()[0],
        gpu=gpu,
    )


def judge_machine(machine: Machine) -> Finding:
    """Judge what a training needs of a machine."""
    remarks = []
    if machine.disk < _SOME_DISK:
        state: State = "fail" if machine.disk < _LEAST_DISK else "warn"
        remarks.append(Remark(state, f"only {in_gib(machine.disk)} of disk are free", "free some, 2 GiB or more"))
    if machine.free < _LEAST_MEMORY:
        remarks.append(Remark("fail", f"only {in_gib(machine.free)} of memory are free", "end other programs"))
    if machine.load > _BUSY * machine.processors:
        told = f"the machine is busy ({machine.load:.1f} processes on {machine.processors} processors)"
        remarks.append(Remark("warn", told, "times below are those of a shared machine"))
    where = machine.gpu or f"no GPU, {machine.threads} threads on {machine.processors} processors"
    told = (
        f"rehead {version('rehead')}, Python {platform.python_version()}, torch {version('torch')}, torchvision "
        f"{version('torchvision')}; {where}; free: {in_gib(machine.free)} of memory, {in_gib(machine.disk)} of disk"
    )
    numbers = {
        "gpu": machine.gpu,
        "threads": machine.threads,
        "load": machine.load,
        "free_memory_bytes": machine.free,
        "free_disk_bytes": machine.disk,
    }
    return finding_of("environment", told, remarks, numbers=numbers)
