"""One training by this library in a process of its own: takes a specification as JSON, prints what came of it.

Epochs from `scored_from` on are validated; `stop_at` ends it after the first that reaches that mask AP.
`without` names measures that are switched off: cache, targets, sparse_rpn, rows, fourier, format. The clock and the
peak of memory leave validation out; the first filling of the cache counts.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

import rehead.training.forward
from rehead.coco.windows import Crop
from rehead.dataset.split import load_split
from rehead.detector.fourier_conv import FourierConv
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import first_detector
from rehead.evaluation.validation import score_split
from rehead.roi_align.guard import GuardedRoIAlign
from rehead.training.features import open_features
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan
from tests.bench.memory import peak


def trained(spec: dict[str, Any], cache: Path) -> dict[str, Any]:
    """Train as the specification says, with a new cache; seconds are of training alone."""
    folder, plan = Path(spec["dataset"]), TrainPlan.model_validate(spec["train"])
    fit, validation = load_split(folder, "train"), load_split(folder, "val")
    detector = first_detector(ModelPlan.model_validate(spec["model"]), fit.classes, tile=None).detector
    wall, busy, epochs = 0.0, 0.0, []
    since, busy_since = time.perf_counter(), time.process_time()
    learner = Learner(detector, plan, images=len(fit))
    switch_off(spec["without"], learner)
    decision = open_features(learner, fit, cache)
    for epoch in train(learner, fit):
        wall, busy = wall + time.perf_counter() - since, busy + time.process_time() - busy_since
        most = round(peak() / 2**20)
        scored = spec["scored_from"] is not None and epoch.number >= spec["scored_from"]
        mask_ap = score_split(detector, validation).mask["AP"] if scored else None
        epochs.append({"seconds": wall, "processor_seconds": busy, "mask_ap": mask_ap, "loss": epoch.losses["loss"]})
        print(f"epoch {epoch.number} {epochs[-1]}", file=sys.stderr, flush=True)
        if spec["stop_at"] is not None and (mask_ap or 0.0) >= spec["stop_at"]:
            break
        since, busy_since = time.perf_counter(), time.process_time()
    return {
        "train_s": wall,
        "processor_s": busy,
        "images_per_s": len(epochs) * len(fit) / wall,
        "mask_ap": mask_ap,
        "peak_rss_mib": most,
        "cache": decision.reason,
        "epochs": epochs,
    }


def switch_off(measures: Sequence[str], learner: Learner) -> None:
    """Let the learner do without some measures; `cache` is a matter of its plan."""
    if "targets" in measures:
        # The one place where masks turn into what the mask loss reads: a tensor there goes torchvision's way.
        setattr(rehead.training.forward, "ObjectMasks", masks_at_full_size)  # noqa: B010 - mypy takes no class's place
    if "sparse_rpn" in measures:
        learner.model.rpn.sparse = False
    if "rows" in measures:
        for layer in learner.model.modules():
            if isinstance(layer, GuardedRoIAlign):
                layer.rows = False
    if "fourier" in measures:
        for layer in learner.model.modules():
            if isinstance(layer, FourierConv):
                layer.fast = False
    if "format" in measures:
        learner.model.to(memory_format=torch.contiguous_format)


def masks_at_full_size(crops: Sequence[Crop], own_hw: tuple[int, int], seen_hw: tuple[int, int]) -> Tensor:
    """Draw masks N,H,W as torchvision holds them: at the image's size, then resized by the nearest pixel."""
    masks = torch.zeros(len(crops), *own_hw, dtype=torch.uint8)
    for mask_hw, crop in zip(masks, crops, strict=True):
        seen = crop.window
        mask_hw[seen.y : seen.bottom, seen.x : seen.right] = torch.from_numpy(crop.mask_hw)
    return interpolate(masks[:, None].float(), size=seen_hw)[:, 0].byte()


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        print(json.dumps(trained(json.loads(sys.argv[1]), Path(scratch))))
