from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rehead.coco.plan import TilePlan
from rehead.coco.records import Annotation
from rehead.coco.rle import bounding_box, decode, encode
from rehead.dataset.split import ImageRecord, Split
from rehead.detector.build import Detector, build_detector, tiled
from rehead.detector.plan import MaskHeadName, ModelPlan
from rehead.evaluation.coco_map import coco_map
from rehead.evaluation.prediction import predict_image
from rehead.evaluation.true_boxes import draw_in_boxes, predict_true_boxes, sizes_seen
from tests.evaluation.scenes import Mask, Thing, disc, rectangle, truth_of

MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,), max_detections=20)


def detector_of(head: MaskHeadName = "fcn_28", *, tile: TilePlan | None = None, sure: float | None = None) -> Detector:
    """Build a small detector; `sure` is the one logit that its mask head then puts out for every pixel."""
    torch.manual_seed(0)
    found = build_detector(MODEL.model_copy(update={"mask_head": head}), ("nut", "bolt"))
    if sure is not None:
        logits = found.model.roi_heads.mask_predictor.mask_fcn_logits
        torch.nn.init.zeros_(logits.weight)
        torch.nn.init.constant_(logits.bias, sure)
    found.model.eval()
    return tiled(found, tile)


def split_of(folder: Path, things: list[Thing], *, empty: int = 0) -> Split:
    """Write noise as the image of a scene, and as that of `empty` more without an object."""
    truth = truth_of(things)
    height, width = things[0].mask_hw.shape
    truth["images"] += [{**truth["images"][0], "id": number} for number in range(2, 2 + empty)]
    (folder / "images").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    Image.fromarray(noise).save(folder / "images" / "scene.png")
    records = tuple(ImageRecord(one["id"], "scene.png", width, height) for one in truth["images"])
    return Split(folder, "test", ("nut", "bolt"), records, truth, {1: truth["annotations"]}, "f" * 64)


def annotation(number: int, mask: Mask, box: tuple[float, float, float, float], label: int) -> Annotation:
    return Annotation(number, 1, label, box, float(mask.sum()), 0, encode(mask)["counts"])


@pytest.mark.parametrize("head", ["fcn_28", "pointrend_112"])
def test_in_the_boxes_that_it_found_itself_it_draws_what_prediction_drew(head: MaskHeadName) -> None:
    detector = detector_of(head)
    image_chw = torch.rand(3, 90, 120, generator=torch.Generator().manual_seed(3))
    found = predict_image(detector, image_chw)
    whole = np.ones((90, 120), bool)
    things = [
        annotation(number, whole, (x1, y1, x2 - x1, y2 - y1), int(label))
        for number, ((x1, y1, x2, y2), label) in enumerate(zip(found.boxes_n4.tolist(), found.labels_n, strict=True))
        if x1 < x2 and y1 < y2
    ]
    assert len(things) > 5
    drawn = draw_in_boxes(detector, image_chw, things)
    pairs = [
        (decode(one), decode(other))
        for one, other in zip(drawn, [found.masks[thing.id] for thing in things], strict=True)
    ]
    assert np.mean([(one == other).mean() for one, other in pairs]) > 0.999  # a box's last bits move with its resizing


def test_a_head_that_fills_each_box_outlines_rectangles_exactly(tmp_path: Path) -> None:
    things = [Thing(rectangle((80, 100), 5, 10, 45, 50)), Thing(rectangle((80, 100), 50, 20, 90, 70), label=2)]
    found = predict_true_boxes(detector_of(sure=9.0), split_of(tmp_path, things))
    assert (found.iou_m.tolist(), found.edge_m.tolist()) == ([1.0, 1.0], [1.0, 1.0])
    assert (found.mask["AP"], found.mask["APl"], found.mask_by_iou) == (1.0, None, (1.0,) * 10)


def test_a_head_that_draws_nothing_keeps_nothing(tmp_path: Path) -> None:
    found = predict_true_boxes(detector_of(sure=-9.0), split_of(tmp_path, [Thing(disc((80, 100), 40, 40, 20))]))
    assert (found.iou_m.tolist(), found.mask["AP"]) == ([0.0], 0.0)


def test_an_object_that_tiles_cut_is_put_together_again(tmp_path: Path) -> None:
    plan = TilePlan(size=64, overlap=0.2)
    things = [Thing(rectangle((150, 200), 10, 20, 190, 120)), Thing(rectangle((150, 200), 30, 125, 50, 145), label=2)]
    found = predict_true_boxes(detector_of(tile=plan, sure=9.0), split_of(tmp_path, things))
    assert found.iou_m.tolist() == [1.0, 1.0]


def test_more_objects_than_may_be_detected_are_all_drawn(tmp_path: Path) -> None:
    boxes = [(x, y) for y in range(2, 90, 15) for x in range(2, 110, 12)]
    things = [Thing(rectangle((100, 120), x, y, x + 9, y + 11)) for x, y in boxes]
    found = predict_true_boxes(detector_of(sure=9.0), split_of(tmp_path, things))
    assert len(things) > MODEL.max_detections
    assert found.iou_m.tolist() == [1.0] * len(things)


def test_images_without_objects_count_as_done_and_crowds_are_left_out(tmp_path: Path) -> None:
    split = split_of(tmp_path, [Thing(rectangle((80, 100), 5, 10, 45, 50)), Thing(disc((80, 100), 70, 40, 9))], empty=2)
    split.truth["annotations"][1]["iscrowd"] = 1
    done: list[int] = []
    found = predict_true_boxes(detector_of(), split, on_image=lambda: done.append(1))
    assert (len(done), len(found.iou_m)) == (3, 1)


def test_without_objects_every_number_is_undefined(tmp_path: Path) -> None:
    split = split_of(tmp_path, [Thing(rectangle((80, 100), 5, 10, 45, 50))])
    found = predict_true_boxes(detector_of(), replace(split, annotations={}))
    assert (found.mask["AP"], found.boundary["AP"], found.mask_by_iou) == (None, None, ())


def test_the_scores_are_those_of_the_evaluator_for_masks_ranked_by_their_overlap(tmp_path: Path) -> None:
    shape = (90, 120)
    things = [
        Thing(disc(shape, 15 + 22 * i, 20 + 45 * row, 8 + 2 * i), label=row + 1) for i in range(5) for row in (0, 1)
    ]
    split, detector = split_of(tmp_path, things), detector_of(sure=9.0)
    found = predict_true_boxes(detector, split)
    boxes = [annotation(n, t.mask_hw, bounding_box(encode(t.mask_hw)), t.label) for n, t in enumerate(things)]
    results = [
        {"image_id": 1, "category_id": thing.label, "segmentation": mask, "bbox": list(box.bbox), "score": iou}
        for thing, box, mask, iou in zip(
            things, boxes, draw_in_boxes(detector, split.pixels(0), boxes), found.iou_m.tolist(), strict=True
        )
    ]
    scored = coco_map(split.truth, results, heads=["mask"]).mask
    assert found.mask == pytest.approx({name: scored[name] for name in found.mask}, abs=1e-12)
    assert 0.2 < (found.mask["AP"] or 0.0) < 0.8


@pytest.mark.parametrize("tile", [None, TilePlan(size=64, overlap=0.2)])
@pytest.mark.parametrize("size", [(50, 90), (90, 50), (64, 400)])
def test_the_size_in_the_network_is_that_of_its_own_transform(size: tuple[int, int], tile: TilePlan | None) -> None:
    detector = detector_of(tile=tile)
    images, _ = detector.model.transform([torch.zeros(3, *size)])
    assert sizes_seen(detector)(*size) == images.image_sizes[0]
