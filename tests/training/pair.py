"""What two processes find out when they train together, while rank 0 does the same alone; run as a script by a test."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from rehead.coco.results import read_results
from rehead.dataset.split import Split, load_split
from rehead.detector.build import build_detector
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import first_detector
from rehead.evaluation.together import score_together
from rehead.evaluation.validation import predict_images, score_split
from rehead.training.distributed import ALONE, Group, moving_statistics
from rehead.training.joining import joined
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan
from rehead.training.step import DivergedError, take_step

PLAN = TrainPlan(
    processes=2, process_timeout=12, epochs=2, batch_size=2, optimizer="sgd", lr=0.01, rois=8, anchors=16, proposals=32
)
MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))


def learner_of(split: Split, group: Group, **changes: Any) -> Learner:
    torch.manual_seed(0)
    plan = PLAN.model_copy(update=changes)
    return Learner(build_detector(MODEL, split.classes), plan, images=len(split), group=group)


def exchanges(group: Group) -> dict[str, Any]:
    own = group.part(range(5))
    return {
        "total": group.total(torch.tensor([1.0, group.rank])).tolist(),
        "whole": group.whole([10 * item for item in own]),
        "shared": group.shared(lambda: f"made by {group.rank}"),
        "asked": group.asked(143 if group.rank else None),
        "told": told(lambda: group.agree({"train": f"split {group.rank}"})),
    }


def step_over(split: Split, group: Group, images: int, *, at_once: int = 8, rois: int = 8) -> dict[str, Any]:
    """Take a step over some images, together or alone, and give what it came to."""
    learner = learner_of(split, group, batch_size=at_once, rois=rois, clip=1e9)
    learner.begin(1)
    step = take_step(learner, [split[place] for place in group.part(range(images))])
    gradients = {name: p.grad for name, p in learner.model.named_parameters() if p.grad is not None}
    return {"losses": step.losses, "images": step.images, "gradients": gradients}


def training_over(split: Split, group: Group) -> dict[str, torch.Tensor]:
    learner = learner_of(split, group)
    list(train(learner, split))
    return learner.model.state_dict()


def learned(split: Split, group: Group) -> float | None:
    """Fine-tune the embedded weights, and give the mask AP over what was learned from."""
    plan = ModelPlan(weights="rehead_shapes", input_size=96)
    detector = first_detector(plan, split.classes, tile=None).detector
    course = PLAN.model_copy(update={"epochs": 8, "optimizer": "adamw", "lr": 2e-3, "rois": 32, "proposals": 100})
    list(train(Learner(detector, course, images=len(split), group=group), split))
    return score_split(detector, split).mask["AP"]


def thawed_statistics(split: Split, group: Group) -> list[list[float]]:
    """Give what each process holds as running statistics after a step with the trunk learning."""
    learner = learner_of(split, group, freeze="none")
    learner.begin(1)
    take_step(learner, [split[place] for place in group.part(range(3))])
    return group.gathered([float(value.sum()) for value in moving_statistics(learner.model)])


def told(deed: Callable[[], object]) -> str:
    try:
        deed()
    except (ValueError, DivergedError) as error:
        return str(error)
    return ""


def divergence(split: Split, group: Group) -> str:
    """Train with weights that are not finite in either process."""
    learner = learner_of(split, group)
    with torch.no_grad():
        learner.model.roi_heads.mask_predictor.mask_fcn_logits.bias.fill_(float("nan"))
    return told(lambda: list(train(learner, split)))


def refusal(split: Split, group: Group, *, by: int) -> str:
    """Take a step in which the guard of one process meets boxes that are not finite."""
    learner = learner_of(split, group, rois=256)
    learner.begin(1)
    samples = [split[place] for place in group.part(range(2))]
    if group.rank == by:
        samples = [replace(sample, boxes_n4=sample.boxes_n4 * float("nan")) for sample in samples]
    return told(lambda: take_step(learner, samples))


def scores(split: Split, group: Group) -> dict[str, Any]:
    detector = learner_of(split, ALONE).detector
    calls: list[int] = []
    together = score_together(detector, split, group=group, on_image=lambda: calls.append(1))
    found = group.whole(predict_images(detector, split, group.part(range(len(split)))))
    return {
        "together": together,
        "calls": group.gathered(len(calls)),
        "found": read_results([result for results in found for result in results], split.truth),
    }


def main(dataset: Path, out: Path) -> None:
    split = load_split(dataset, "train")
    facts: dict[str, Any] = {}
    with joined(PLAN) as group:
        facts["exchanges"] = exchanges(group)
        for images in (5, 1):
            facts[f"step over {images}"] = [step_over(split, group, images), step_over(split, ALONE, images)]
        parts = (group, 1), (ALONE, 2), (ALONE, 1)  # of all RoIs there are, of which each image has its own number
        facts["accumulated"] = [step_over(split, who, 5, at_once=at_once, rois=256) for who, at_once in parts]
        facts["trainings"] = [training_over(split, group), training_over(split, ALONE)]
        facts["mask AP"] = [learned(split, group), learned(split, ALONE)]
        facts["statistics"] = thawed_statistics(split, group)
        facts["divergence"] = divergence(split, group)
        facts["refusals"] = [group.gathered(refusal(split, group, by=rank)) for rank in range(2)]
        facts["scores"] = scores(split, group) | {"alone": score_split(learner_of(split, ALONE).detector, split)}
        if group.leads:
            torch.save(facts, out)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
