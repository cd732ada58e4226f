"""What tiles are for: objects that are small against their image, learned and found at the same cost a picture."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from rehead.coco.ingestion import ingest
from rehead.coco.plan import DataPlan, ShapesPlan, TilePlan
from rehead.coco.windows import Window, crop_of, seen_through
from rehead.dataset.plan import AugmentPlan
from rehead.dataset.split import load_split
from rehead.detector.build import tiled
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import pretrained_detector
from rehead.evaluation.coco_map import Scores
from rehead.evaluation.validation import score_split
from rehead.training.learner import Learner
from rehead.training.loop import train
from rehead.training.plan import TrainPlan

CELL, CELLS = 128, 5
SIDE = CELL * CELLS
NETWORK = 160
"""Pixels of the network's input, whether it sees an image of 640 or a tile of 160."""
LOOKS = 200
"""Pictures that each detector learns from: tiles, or whole images over and over."""


def mosaic(small: Path, split: str, out: Path) -> None:
    """Lay 25 drawn pictures of 128 pixels side by side into each image of 640."""
    document = json.loads((small / f"{split}.json").read_text(encoding="utf-8"))
    images, annotations = [], []
    for number in range(len(document["images"]) // CELLS**2):
        canvas, name = Image.new("RGB", (SIDE, SIDE)), f"{split}_{number}.png"
        for place, cell in enumerate(document["images"][number * CELLS**2 :][: CELLS**2]):
            x, y = CELL * (place % CELLS), CELL * (place // CELLS)
            with Image.open(small / "images" / cell["file_name"]) as picture:
                canvas.paste(picture, (x, y))
            things = [a for a in document["annotations"] if a["image_id"] == cell["id"]]
            annotations += [_moved(thing, x, y) | {"image_id": number + 1} for thing in things]
        canvas.save(out / "images" / name)
        images.append({"id": number + 1, "file_name": name, "width": SIDE, "height": SIDE})
    numbered = [annotation | {"id": number} for number, annotation in enumerate(annotations, start=1)]
    content = {"images": images, "annotations": numbered, "categories": document["categories"]}
    (out / f"{split}.json").write_text(json.dumps(content), encoding="utf-8")


def _moved(thing: dict[str, Any], x: int, y: int) -> dict[str, Any]:
    left, top, width, height = thing["bbox"]
    mask = seen_through(Window(-x, -y, SIDE, SIDE), crop_of(thing["segmentation"]))
    return thing | {"bbox": [left + x, top + y, width, height], "segmentation": mask}


def score_after_training(dataset: Path, tile: TilePlan | None) -> Scores:
    """Give new heads to the base weights, train them on as many pictures as anyone, score on whole test images."""
    training = load_split(dataset, "train")
    torch.manual_seed(0)
    base = pretrained_detector(ModelPlan(input_size=NETWORK, max_detections=300), training.classes).detector
    plan = TrainPlan(
        freeze="backbone+fpn",
        epochs=max(LOOKS // len(training), 1),
        batch_size=6,
        lr=0.002,
        rois=32 if tile else 64,
        augment=AugmentPlan(transpose=0.5, flip_vertical=0.5),
    )
    learner = Learner(tiled(base, tile), plan, images=len(training))
    for _ in train(learner, training):
        pass
    return score_split(learner.detector, load_split(dataset, "test"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_tiles_find_small_objects_that_whole_images_lose(tmp_path: Path) -> None:
    pictures = CELLS**2
    shapes = ShapesPlan(train=4 * pictures, val=pictures, test=3 * pictures, size=CELL)
    ingest(DataPlan(shapes=shapes), tmp_path / "small")
    source = tmp_path / "source"
    (source / "images").mkdir(parents=True)
    for split in ("train", "val", "test"):
        mosaic(tmp_path / "small", split, source)
    scores = {}
    for name, tile in (("tiles", TilePlan(size=NETWORK)), ("whole", None)):
        ingest(DataPlan(source=str(source), tile=tile), tmp_path / name)
        scores[name] = score_after_training(tmp_path / name, tile)
        found = scores[name]
        print(f"{name}: mask AP {found.mask['AP']}, AP50 {found.mask['AP50']}, box AP {found.box['AP']}", flush=True)
    values = {name: found.mask["AP"] or 0.0 for name, found in scores.items()}
    assert values["tiles"] > 2 * values["whole"] + 0.05
