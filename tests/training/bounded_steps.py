"""Steps in a process that may take less memory than its batch needs; prints the images at once, then what was told."""

import sys
from pathlib import Path

import torch

from rehead.coco.memory import bounded_memory
from rehead.dataset.split import load_split
from rehead.detector.build import build_detector
from rehead.detector.plan import ModelPlan
from rehead.training.learner import Learner
from rehead.training.plan import TrainPlan
from rehead.training.step import take_step

ROOM = 700 << 20
"""Six images at 320 pixels take 1,000 MiB, one takes 180.

In 500 one process in three ends: oneDNN then fails for good, or what a way back held when it failed is not given back.
"""
IMAGES = 6
MODEL = ModelPlan(weights="none", input_size=320, fpn_channels=64, box_head=64, mask_layers=(64,))


def main(dataset: Path) -> None:
    """Take two steps, after one with a single image and all the memory."""
    split = load_split(dataset, "train")
    plan = TrainPlan(batch_size=IMAGES, freeze="none", rois=32, anchors=64, proposals=100)
    torch.manual_seed(0)
    learner = Learner(build_detector(MODEL, split.classes), plan, images=IMAGES)
    learner.begin(1)
    take_step(learner, [split[0]])
    samples = [split[place % len(split)] for place in range(IMAGES)]
    with bounded_memory(ROOM):
        notes = [take_step(learner, samples).note for _ in range(2)]
    print(learner.at_once, *filter(None, notes), sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
