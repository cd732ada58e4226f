"""All checks of the installed operators in one run, and what they add up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import torch
import torchvision
from torchvision.ops import MultiScaleRoIAlign, roi_align, roi_pool

from rehead.roi_align.agreement import Operator, compare_roi_pool, compare_with_reference
from rehead.roi_align.cases import AgreementPlan, draw_cases, pyramid_boxes
from rehead.roi_align.difference import TOLERANCES, Difference, faults
from rehead.roi_align.guard import GuardedRoIAlign
from rehead.roi_align.hostile import Outcome, try_hostile_inputs
from rehead.roi_align.pyramid import Pooler, compare_pyramid, misread_sizes
from rehead.roi_align.routes import compare_routes


@dataclass(frozen=True)
class Verification:
    """What was compared and tried; `faults` is empty if the operator may be trusted."""

    plan: AgreementPlan
    boxes: int
    differences: tuple[Difference, ...]
    hostile: tuple[Outcome, ...]
    misread: tuple[int, ...]
    misread_by_torchvision: tuple[int, ...]

    @property
    def faults(self) -> list[str]:
        """Say in a line each what is wrong, the worst first."""
        unsafe = [f"{o.name}: the guarded pooler {o.guarded}, it must refuse" for o in self.hostile if not o.safe]
        sides = ", ".join(map(str, self.misread))
        scales = [f"images of {sides} pixels are read from the wrong scale of the pyramid"] if sides else []
        return unsafe + scales + faults(self.differences)

    def largest(self, dtype: str) -> float | None:
        """Find the largest difference in one precision; None if an operator's answer was not even comparable."""
        found = max((d.max_abs for d in self.differences if d.dtype == dtype), default=0.0)
        return found if found < float("inf") else None

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
            "tolerances": TOLERANCES,
            "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
            "devices": sorted({d.device for d in self.differences}),
            "comparisons": summarise(self.differences),
            "guard": "guarded" if all(outcome.safe for outcome in self.hostile) else "open",
            "hostile": [{"input": o.name, "bare": o.bare, "guarded": o.guarded} for o in self.hostile],
            "misread_image_sides": {"guarded": list(self.misread), "torchvision": list(self.misread_by_torchvision)},
        }


def verify(plan: AgreementPlan, *, operator: Operator = roi_align, pooler: Pooler = GuardedRoIAlign) -> Verification:
    """Judge an operator and a pooler, on the CPU and on a CUDA device if there is one."""
    hostile = try_hostile_inputs(pooler)  # first: the children are forked before any thread or CUDA context is there
    cases = draw_cases(plan)
    devices = [torch.device("cpu")] + [torch.device("cuda")] * torch.cuda.is_available()
    differences = chain.from_iterable(
        (
            *compare_with_reference(operator, cases, device=device),
            *compare_routes(operator, cases, device=device),
            *compare_pyramid(pooler, seed=plan.seed, device=device),
            compare_roi_pool(roi_pool, cases, device=device),
        )
        for device in devices
    )
    return Verification(
        plan=plan,
        boxes=len(cases.names) + len(pyramid_boxes()),
        differences=tuple(differences),
        hostile=tuple(hostile),
        misread=tuple(misread_sizes(pooler)),
        misread_by_torchvision=tuple(misread_sizes(MultiScaleRoIAlign)),
    )


def summarise(differences: Iterable[Difference]) -> list[dict[str, object]]:
    """Keep the largest difference of each route, quantity, precision and device."""
    worst: dict[tuple[str, str, str, str], Difference] = {}
    for found in differences:
        key = (found.route, found.what, found.dtype, found.device)
        if key not in worst or found.max_abs > worst[key].max_abs:
            worst[key] = found
    return [
        {
            "against": d.route,
            "what": d.what,
            "dtype": d.dtype,
            "device": d.device,
            "max_abs_diff": d.max_abs if d.max_abs < float("inf") else None,
            "worst_box": d.worst,
            "setting": d.setting,
            "within": d.within,
        }
        for d in worst.values()
    ]
