"""What a training step costs on a device: its time, its multiply-adds, its waits, and the operators it is spent on.

Counted for a batch of two and the default RoI counts, in 10^9 multiply-adds, forward: `maskrcnn_mobilenet_v2_fpn` with
heads of torchvision's width at 320 x 320 pixels, trunk 1.1, pyramid 10.2, RPN 10.3, boxes 1.8, masks 0.5 a mask;
`maskrcnn_resnet50_fpn` at 512 x 683, trunk 58.7, pyramid 42.0, RPN 35.6, boxes 1.8. The way back takes twice that for
the pyramid, boxes and masks, nothing for a frozen trunk, and 0.3 for the RPN, whose loss is computed on patches.
"""

import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch.profiler import DeviceType, ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from rehead.detector.build import best_device

DEVICE = best_device()
ON_GPU = DEVICE.type == "cuda"
Step = Callable[[], object]
_WARM_STEPS, _OPERATORS = 3, 12
_PARTS = {
    "trunk": ("body",),
    "pyramid": ("fpn",),
    "rpn": ("head",),
    "boxes": ("box_head", "box_predictor"),
    "masks": ("mask_head", "mask_predictor"),
}
"""Last names of each part's modules; whose children they are depends on which module a step calls first."""
_FORWARD = ("aten.convolution", "aten.addmm")
"""What layers ask for on the way forward; the counter also ascribes a part of the way back to modules."""


def step_seconds(step: Step, steps: int) -> float:
    """Give the median time of a step once it is warm."""
    times = []
    for _ in range(_WARM_STEPS + steps):
        start = time.perf_counter()
        step()
        _finish()
        times.append(time.perf_counter() - start)
    return median(times[_WARM_STEPS:])


def matrix_rate(dtype: torch.dtype, side: int) -> float:
    """Measure the multiply-adds of a large product, in 10^9 a second."""
    left, right = (torch.randn(side, side, device=DEVICE, dtype=dtype) for _ in range(2))
    return side**3 / 1e9 / step_seconds(lambda: left @ right, 10)


def multiply_adds(step: Step) -> dict[str, float]:
    """Count 10^9 multiply-adds of a step: those of each part forward, and all, the way back included."""
    with FlopCounterMode(display=False) as counter:
        step()
    counts = counter.get_flop_counts()
    forward = {name: sum(found[op] for op in found if str(op) in _FORWARD) for name, found in counts.items()}
    parts = {
        part: sum(count for name, count in forward.items() if name.rpartition(".")[2] in names) / 2e9
        for part, names in _PARTS.items()
    }
    return {**parts, "all": sum(counts["Global"].values()) / 2e9}


def waits(step: Step) -> int | None:
    """Count how often a step waits for the device; None on a CPU."""
    if not ON_GPU:
        return None
    torch.cuda.set_sync_debug_mode("warn")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        step()
    torch.cuda.set_sync_debug_mode("default")
    return sum("synchroniz" in str(warning.message) for warning in heard)


def operators(step: Step) -> dict[str, Any]:
    """Say on which operators a step spends the device's time, in ms, and in what share of it the device computes."""
    with profile(activities=[ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if ON_GPU else [])]) as seen:
        start = time.perf_counter()
        step()
        _finish()
        seconds = time.perf_counter() - start
    rows: list[Any] = list(seen.key_averages())
    # The profiler tells a GPU's time twice: of the operators that ask for it, and of the kernels that take it.
    asking = [row for row in rows if row.device_type == DeviceType.CPU]
    kernels = [row for row in rows if row.device_type != DeviceType.CPU and not row.is_user_annotation]
    kind = "self_device_time_total" if ON_GPU else "self_cpu_time_total"
    busy = sum(getattr(row, kind) for row in (kernels if ON_GPU else asking)) / 1e6 / seconds
    longest = sorted(asking, key=lambda row: -getattr(row, kind))[:_OPERATORS]
    return {"busy": round(busy, 3), "operators": {row.key: round(getattr(row, kind) / 1e3, 2) for row in longest}}


def _finish() -> None:
    """Wait until the device has done all that it was given."""
    if ON_GPU:
        torch.cuda.synchronize()
