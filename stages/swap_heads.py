"""Load the pretrained detector and replace its box and mask predictors for the dataset's classes."""

from pathlib import Path

import torch

from rehead.detector.checkpoint import save_detector
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import pretrained_detector
from rehead.files import read_json
from rehead.params import read_params
from rehead.stage import run, stage
from rehead.tracking.models import downloaded_weights


def main(*, manifest: Path, out: Path) -> None:
    """Write the detector with its new heads to `out`."""
    with stage("swap_heads", inputs=[manifest], sections=["model"]):
        plan = read_params("model", ModelPlan)
        classes = tuple(read_json(manifest)["categories"])

        torch.manual_seed(plan.seed)
        swapped = pretrained_detector(plan, classes, file=downloaded_weights(plan.weights))
        save_detector(swapped.detector, out)

        kept = f", rows kept for {', '.join(swapped.carried)}" if swapped.carried else ""
        print(f"{plan.arch} from {swapped.source}: heads for {len(classes)} classes and background{kept}")


if __name__ == "__main__":
    run(main)
