"""verify_roi_align: prove the installed RoIAlign against a reference, and measure what RoIPool would lose.

Fails the pipeline if the operator is wrong or an input gets past the guard; the report is written first.
"""

from pathlib import Path

from torchvision.ops import roi_align

from rehead.files import write_json
from rehead.params import read_params
from rehead.roi_align.agreement import Operator
from rehead.roi_align.cases import AgreementPlan
from rehead.roi_align.figure import draw_misalignment
from rehead.roi_align.guard import GuardedRoIAlign
from rehead.roi_align.misalignment import measure_shifts, summarise_shifts
from rehead.roi_align.pyramid import Pooler
from rehead.roi_align.verification import verify
from rehead.stage import run, stage


def main(
    *,
    report: Path,
    figure: Path,
    params: Path = Path("params.yaml"),
    operator: Operator = roi_align,
    pooler: Pooler = GuardedRoIAlign,
) -> None:
    """Judge the operator, write numbers and figure, and exit with the reasons if it is wrong."""
    with stage("verify_roi_align", inputs=[], sections=["roi_align"], root=params.parent):
        plan = read_params("roi_align", AgreementPlan, path=params)
        verification = verify(plan, operator=operator, pooler=pooler)
        shifts = measure_shifts(plan.boxes, seed=plan.seed)
        write_json(report, verification.as_dict() | summarise_shifts(shifts))
        draw_misalignment(shifts, figure)
        if verification.faults:
            raise SystemExit("verify_roi_align: RoIAlign is wrong\n  " + "\n  ".join(verification.faults[:10]))
        print(
            f"RoIAlign agrees on {verification.boxes} boxes, largest difference {verification.largest('float32'):.1e}"
        )


if __name__ == "__main__":
    run(main)
