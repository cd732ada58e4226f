"""Images a second of training on one device, plain torchvision's against this library's, as JSON on standard output.

    PYTHONPATH=src:. python tests/bench/gpu_training.py [--sizes 512 800] [--batches 2 4 8 16] [--steps 20]

Needs what the core needs: torch, torchvision, numpy, Pillow, pycocotools, pydantic, safetensors, blake3, psutil, rich
and ruamel.yaml; no MLflow, Optuna or DVC. Images are drawn on the fly and lie in memory: loading is not counted, the
way to the device is. All weights but the trunk's learn (`freeze: backbone`), features are not cached.

`card_share` is the share of the device's matrix rate that a step reaches: its multiply-adds, counted as they are
dispatched, by its time and the rate of one large product in the same format. `waits` counts how often a step waits for
the device, `busy` is the share of a step in which the device computes, `operators` say on what.
"""

import argparse
import json
import platform
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torchvision

from rehead.coco.ingestion import ingest
from rehead.coco.plan import DataPlan, ShapesPlan
from rehead.dataset.split import Sample, load_split
from rehead.detector.build import build_detector
from rehead.detector.plan import ModelPlan
from rehead.training.determinism import reproducible
from rehead.training.learner import Learner
from rehead.training.plan import TrainPlan
from rehead.training.step import take_step
from tests.bench.step_cost import DEVICE, ON_GPU, Step, matrix_rate, multiply_adds, operators, step_seconds, waits

ARCHES = ("maskrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2")
THEIR_ROIS = {"rois": 512, "mask_rois": None, "balanced_rois": False, "anchors": 256, "proposals": 2000}
OURS: dict[str, dict[str, Any]] = {
    "ours": {},
    "ours, float32": {"precision": "float32"},
    "ours, torchvision's RoIs": THEIR_ROIS,
    "ours, fixed order": {"deterministic": True},
}
CLASSES = tuple(DataPlan().shapes.kinds)
LOW = torch.bfloat16 if ON_GPU else torch.float32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arches", nargs="+", default=ARCHES)
    parser.add_argument("--sizes", nargs="+", type=int, default=[512, 800])
    parser.add_argument("--batches", nargs="+", type=int, default=[2, 4, 8, 16])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--matrix", type=int, default=8192, help="side of the matrices that give the matrix rate")
    parser.add_argument("--only", nargs="+", default=["torchvision", "torchvision, float32", *OURS])
    asked = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = True  # as convolutions have it anyway
    rates = {dtype: matrix_rate(dtype, asked.matrix) for dtype in (torch.float32, LOW)}
    found = []
    for size in asked.sizes:
        samples = drawn_samples(size, max(asked.batches))
        for arch in asked.arches:
            for batch in asked.batches:
                for name in asked.only:
                    figures = measured(name, arch, samples[:batch], size, asked.steps, rates)
                    found.append({"contender": name, "arch": arch, "size": size, "batch": batch, **figures})
    card = torch.cuda.get_device_name() if ON_GPU else platform.processor() or "CPU"
    rows = {str(dtype).removeprefix("torch."): rate for dtype, rate in rates.items()}
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
    print(json.dumps({"device": card, **versions, "matrix_gmac_per_s": rows, "trainings": found}, indent=1))


def drawn_samples(size: int, count: int) -> list[Sample]:
    """Draw square images of `size` pixels with their truth."""
    with TemporaryDirectory() as folder:
        ingest(DataPlan(shapes=ShapesPlan(train=count, val=1, test=1, size=size)), Path(folder) / "dataset")
        split = load_split(Path(folder) / "dataset", "train")
        return [split[number] for number in range(count)]


def measured(
    name: str, arch: str, samples: Sequence[Sample], size: int, steps: int, rates: dict[torch.dtype, float]
) -> dict[str, Any]:
    """Measure one contender; an error, such as a want of memory, is told in its place."""
    torch.manual_seed(0)
    format_used = torch.float32 if name.endswith("float32") else LOW
    try:
        step = (
            their_step(arch, samples, size, format_used)
            if name.split(",")[0] == "torchvision"
            else our_step(arch, samples, size, OURS[name])
        )
        seconds = step_seconds(step, steps)
        products = multiply_adds(step)
        return {
            "images_per_second": round(len(samples) / seconds, 2),
            "step_ms": round(1e3 * seconds, 2),
            "gmac": {part: round(count, 2) for part, count in products.items()},
            "card_share": round(products["all"] / seconds / rates[format_used], 4),
            "waits": waits(step),
            **operators(step),
        }
    except (RuntimeError, ValueError) as error:
        return {"error": str(error).splitlines()[0]}
    finally:
        if ON_GPU:
            torch.cuda.empty_cache()


def our_step(arch: str, samples: Sequence[Sample], size: int, plan: dict[str, Any]) -> Step:
    """Give this library's step over the samples, as its training takes it."""
    detector = build_detector(ModelPlan.model_validate({"arch": arch, "weights": "none", "input_size": size}), CLASSES)
    settings = {"batch_size": len(samples), "epochs": 1000, "lr": 1e-5, "feature_cache": "off", **plan}
    learner = Learner(detector, TrainPlan.model_validate(settings), images=len(samples))
    learner.begin(1)

    def step() -> None:
        with reproducible(asked=learner.plan.deterministic):
            take_step(learner, samples)

    return step


def their_step(arch: str, samples: Sequence[Sample], size: int, dtype: torch.dtype) -> Step:
    """Give plain torchvision's step, as its reference script takes it, the trunk frozen as in ours."""
    build = getattr(torchvision.models.detection, arch)
    model = build(weights=None, weights_backbone=None, num_classes=len(CLASSES) + 1, min_size=size, max_size=size)
    model.to(DEVICE).train()
    model.backbone.body.eval().requires_grad_(False)
    learns = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.SGD(learns, lr=1e-5, momentum=0.9, weight_decay=1e-4)
    truth = [{"boxes": each.boxes_n4, "labels": each.labels_n, "masks": each.masks_nhw} for each in samples]

    def step() -> None:
        images = [sample.image_chw.to(DEVICE) for sample in samples]
        targets = [{name: value.to(DEVICE) for name, value in target.items()} for target in truth]
        with autocast(dtype):
            loss = sum(model(images, targets).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    return step


def autocast(dtype: torch.dtype) -> AbstractContextManager[object]:
    """Compute products in a format."""
    return torch.autocast(DEVICE.type, dtype=dtype, enabled=dtype != torch.float32)


if __name__ == "__main__":
    main()
