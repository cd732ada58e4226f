"""RoIAlign under torch.use_deterministic_algorithms: the right values, and the same gradient twice, bit by bit.

On CUDA torchvision then takes another implementation, in Python, which clamps samples at any distance outside the map
where the native operator reads zero beyond one pixel. Proposals are cut at the image, so a detector does not meet the
difference; the comparison keeps to boxes inside the map.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from rehead.roi_align.agreement import (
    SAMPLES,
    SIZE,
    Operator,
    compare_with_reference,
    draw_upstream,
    pool_and_differentiate,
)
from rehead.roi_align.cases import INSIDE, TOGETHER, Cases, share_maps
from rehead.roi_align.difference import Difference, largest


@contextmanager
def deterministic_algorithms() -> Iterator[None]:
    """Ask torch for deterministic algorithms, without minutes of compiling, and restore what was set before."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        with torch.compiler.set_stance("force_eager"):
            yield
    finally:
        torch.use_deterministic_algorithms(before)


def compare_deterministic(subject: str, operator: Operator, cases: Cases, *, device: torch.device) -> list[Difference]:
    """Compare the operator inside the map in every setting, and its gradient on shared maps with that of a second run.

    Returns a list, since a generator would leave the mode on between its values.
    """
    with deterministic_algorithms():
        found = compare_with_reference({subject: operator}, cases, device=device, dtypes=[torch.float64])
        inside = [difference for difference in found if difference.place == INSIDE]
        return [*inside, compare_runs(subject, operator, cases, device=device)]


def compare_runs(subject: str, operator: Operator, cases: Cases, *, device: torch.device) -> Difference:
    """Compare the gradients of two runs in float32 of the same boxes, many on each map: not a bit may differ."""
    batch = share_maps(cases, maps=2)
    upstream, arguments = draw_upstream(batch), (SIZE, batch.scale, SAMPLES[-1], False)
    first, second = (
        pool_and_differentiate(operator, batch, upstream, arguments, dtype=torch.float32, device=device)[1]
        for _ in range(2)
    )
    gap, worst = largest(first, second.astype("float64"), batch.map_names)
    unequal = float("inf") if gap else 0.0
    return Difference(
        subject, "a second run", "float32", device.type, "repeated", TOGETHER, "gradients", unequal, worst
    )
