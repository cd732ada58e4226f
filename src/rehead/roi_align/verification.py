"""All checks of the installed operators in one run, and what they add up to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torchvision
from torch import Tensor
from torchvision.ops import MultiScaleRoIAlign, roi_align, roi_pool

from rehead.roi_align import vectorised
from rehead.roi_align.agreement import (
    Operator,
    compare_batches,
    compare_half_precision,
    compare_roi_pool,
    compare_with_reference,
    compare_without_boxes,
)
from rehead.roi_align.cases import AgreementPlan, Cases, draw_cases, pyramid_boxes
from rehead.roi_align.determinism import compare_deterministic
from rehead.roi_align.diagnosis import explain_operator, explain_pooler
from rehead.roi_align.difference import TOLERANCES, Difference, faults, finite, largest_by_place, summarise
from rehead.roi_align.exported import PACKAGED_AS, compare_exported
from rehead.roi_align.guard import GuardedRoIAlign
from rehead.roi_align.hostile import Outcome, try_hostile_inputs
from rehead.roi_align.pyramid import Pooler, compare_pyramid, misread_sizes, read_rounded
from rehead.roi_align.roi_pool import GuardedRoIPool
from rehead.roi_align.routes import compare_routes

OPERATOR, VECTORISED, ROI_POOL = "torchvision's roi_align", "the vectorised RoIAlign", "torchvision's roi_pool"
POOLER, ROI_POOLER, GRAPH = "the RoIAlign pooler", "the RoIPool pooler", "the exported RoIAlign pooler"


@dataclass(frozen=True)
class Verification:
    """What was compared and tried; `faults` is empty if the operator may be trusted."""

    plan: AgreementPlan
    boxes: int
    differences: tuple[Difference, ...]
    causes: tuple[str, ...]
    hostile: tuple[Outcome, ...]
    misread: tuple[int, ...]
    misread_by_torchvision: tuple[int, ...]

    @property
    def faults(self) -> list[str]:
        """Say in a line each what is wrong: the causes that could be told, what is unsafe, and the numbers."""
        unsafe = [f"{o.name}: the guarded pooler {o.guarded}, it must refuse" for o in self.hostile if not o.safe]
        sides = ", ".join(map(str, self.misread))
        scales = [f"images of {sides} pixels are read from the wrong scale of the pyramid"] if sides else []
        return [*self.causes, *scales, *unsafe, *faults(self.differences)]

    def largest(self, dtype: str) -> float | None:
        """Find the largest difference in one precision; None if an operator's answer was not even comparable."""
        return finite(max((d.max_abs for d in self.differences if d.dtype == dtype), default=0.0))

    def as_dict(self) -> dict[str, object]:
        """Give the numbers for reports/roi_align.json."""
        return {
            "boxes": self.boxes,
            "random_boxes": self.plan.boxes,
            "seed": self.plan.seed,
            "agrees": not self.faults,
            "faults": self.faults,
            "max_abs_diff": self.largest("float32"),
            "max_abs_diff_float64": self.largest("float64"),
            "max_abs_diff_by_place": largest_by_place(self.differences, OPERATOR),
            "tolerances": TOLERANCES,
            "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
            "devices": sorted({d.device for d in self.differences}),
            "comparisons": summarise(self.differences),
            "packaged_as": PACKAGED_AS,
            "guard": "guarded" if all(outcome.safe for outcome in self.hostile) else "open",
            "hostile": [{"input": o.name, "bare": o.bare, "guarded": o.guarded} for o in self.hostile],
            "misread_image_sides": {"guarded": list(self.misread), "torchvision": list(self.misread_by_torchvision)},
        }


def verify(plan: AgreementPlan, *, operator: Operator = roi_align, pooler: Pooler = GuardedRoIAlign) -> Verification:
    """Judge an operator and a pooler, on the CPU and on a CUDA device if there is one."""
    hostile = try_hostile_inputs(pooler)  # first: the children are forked before any thread or CUDA context is there
    cases = draw_cases(plan)
    with one_thread():
        differences = tuple(compare_everything(cases, plan, operator=operator, pooler=pooler))
    faulty = [found for found in differences if not found.within]
    return Verification(
        plan=plan,
        boxes=len(cases.names) + len(pyramid_boxes()),
        differences=differences,
        causes=tuple(explain(faulty, cases, plan, operator=operator, pooler=pooler)),
        hostile=tuple(hostile),
        misread=tuple(misread_sizes(pooler)),
        misread_by_torchvision=tuple(misread_sizes(MultiScaleRoIAlign)),
    )


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread: on tensors this small a second one waits more than it works."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def compare_everything(
    cases: Cases, plan: AgreementPlan, *, operator: Operator, pooler: Pooler
) -> Iterator[Difference]:
    """Make every comparison on every device."""
    operators = {OPERATOR: operator, VECTORISED: run_vectorised}
    for device in [torch.device("cpu")] + [torch.device("cuda")] * torch.cuda.is_available():
        yield from compare_with_reference(operators, cases, device=device)
        yield from compare_batches(operators, cases, device=device)
        yield from compare_without_boxes(operators, cases, device=device)
        yield from compare_half_precision({OPERATOR: operator}, cases, device=device)
        yield from compare_routes(OPERATOR, operator, cases, device=device)
        yield from compare_roi_pool(ROI_POOL, roi_pool, cases, device=device)
        yield from compare_pyramid(POOLER, pooler, seed=plan.seed, device=device)
        yield from compare_pyramid(ROI_POOLER, GuardedRoIPool, seed=plan.seed, device=device, reading=read_rounded)
        yield from compare_exported(GRAPH, pooler, seed=plan.seed, device=device)
        if device.type == "cuda":
            yield from compare_deterministic(f"{OPERATOR} in deterministic mode", operator, cases, device=device)


def explain(
    faulty: list[Difference], cases: Cases, plan: AgreementPlan, *, operator: Operator, pooler: Pooler
) -> Iterator[str]:
    """Say the cause of what is wrong with the operator and the pooler, where it can be told."""
    yield from explain_operator(operator, cases, [found for found in faulty if found.subject == OPERATOR])
    if any(found.subject == POOLER for found in faulty):
        yield from explain_pooler(POOLER, pooler, seed=plan.seed)


def run_vectorised(
    features_nchw: Tensor, rois_k5: Tensor, size: int, scale: float, samples: int, aligned: bool
) -> Tensor:
    """Call the vectorised RoIAlign as torchvision's is called."""
    return vectorised.roi_align(features_nchw, rois_k5, size=size, scale=scale, samples=samples, aligned=aligned)
