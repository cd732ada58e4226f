"""What holds for every mask head."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch

from rehead.coco.plan import TilePlan
from rehead.detector.checkpoint import config_of, detector_from, load_detector
from rehead.detector.heads import swap_heads
from rehead.detector.mask_heads.predictor import MaskSize
from rehead.detector.mask_heads.variants import MASK_HEADS
from rehead.detector.plan import MaskHeadName, ModelPlan
from rehead.detector.weights import pretrained_detector
from rehead.evaluation.pasting import paste_masks
from rehead.evaluation.prediction import predict_image
from tests.detector.mask_heads.trained import (
    CLASSES,
    SMALL,
    Trained,
    boxed_logits,
    detector_with,
    image,
    mask_parameters,
    masks_in_boxes,
    predictions,
    target,
)

every_head = pytest.mark.parametrize("head", MASK_HEADS)


def test_params_may_name_exactly_the_heads_there_are() -> None:
    assert set(get_args(MaskHeadName)) == set(MASK_HEADS)


@every_head
def test_there_is_one_mask_for_each_class_and_one_for_background(trained: dict[str, Trained], head: str) -> None:
    heads = trained[head].detector.model.roi_heads
    assert heads.mask_predictor(heads.mask_head(torch.rand(3, 8, 14, 14))).shape[:2] == (3, len(CLASSES) + 1)


@every_head
def test_the_name_tells_the_masks_side(trained: dict[str, Trained], head: str) -> None:
    side = int(head.rpartition("_")[2])
    assert masks_in_boxes(trained[head].detector).shape == (SMALL["max_detections"], 1, side, side)


@every_head
def test_each_detection_has_the_mask_that_was_drawn_in_its_box(trained: dict[str, Trained], head: str) -> None:
    found, drawn = predict_image(trained[head].detector, image()), masks_in_boxes(trained[head].detector)
    assert found.masks == paste_masks(drawn[:, 0], torch.from_numpy(found.boxes_n4), height=64, width=64)


@every_head
def test_without_boxes_there_are_no_masks(
    trained: dict[str, Trained], head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trained[head].detector.model.roi_heads, "score_thresh", 2.0)
    side = int(head.rpartition("_")[2])
    assert masks_in_boxes(trained[head].detector).shape == (0, 1, side, side)
    assert predict_image(trained[head].detector, image()).masks == []


@every_head
def test_an_image_without_objects_costs_nothing_and_spoils_nothing(trained: dict[str, Trained], head: str) -> None:
    model = trained[head].detector.model.train()
    alone = model([image()], [target(0)])["loss_mask"]
    beside = model([image(), image()], [target(0), target()])["loss_mask"]
    model.eval()
    assert float(alone.detach()) == 0.0
    assert 0.0 < float(beside.detach()) < 10.0


@every_head
def test_the_mask_loss_falls_on_a_batch_seen_again(trained: dict[str, Trained], head: str) -> None:
    losses = trained[head].losses
    assert losses[-1] < 0.85 * losses[0]


@every_head
def test_every_parameter_of_the_mask_branch_gets_a_gradient(trained: dict[str, Trained], head: str) -> None:
    # After the last of the steps: a layer that starts at zero hides those before it from the first.
    gradients = {name: p.grad for name, p in mask_parameters(trained[head].detector).items()}
    assert not [name for name, grad in gradients.items() if grad is None or not grad.abs().sum() > 0]


@every_head
def test_a_saved_detector_predicts_the_same_bits(
    trained: dict[str, Trained], saved: dict[str, Path], head: str
) -> None:
    assert predictions(load_detector(saved[head])) == predictions(trained[head].detector)


@every_head
def test_threads_predict_what_one_thread_does(trained: dict[str, Trained], head: str) -> None:
    alone = predictions(trained[head].detector)
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(predictions, [trained[head].detector] * 4)) == {alone}


@every_head
def test_backgrounds_row_changes_no_mask(trained: dict[str, Trained], saved: dict[str, Path], head: str) -> None:
    changed = load_detector(saved[head])
    predictor = changed.model.roi_heads.mask_predictor
    with torch.no_grad():
        for layer in predictor.class_layers:
            predictor.get_submodule(layer).bias[0] += 100.0
    assert predictions(changed) == predictions(trained[head].detector)


@every_head
def test_tiles_of_a_larger_image_are_predicted(trained: dict[str, Trained], head: str) -> None:
    by_tiles = replace(trained[head].detector, tile=TilePlan(size=64))
    found = predict_image(by_tiles, torch.rand(3, 64, 100))
    assert {tuple(mask["size"]) for mask in found.masks} == {(64, 100)}


@every_head
def test_a_class_keeps_its_mask_where_others_join(saved: dict[str, Path], head: str) -> None:
    swapped = load_detector(saved[head])
    before = boxed_logits(swapped, label=2)
    assert swap_heads(swapped.model, ("washer", "key", "bolt"), known=CLASSES) == ("bolt",)
    assert torch.equal(boxed_logits(swapped, label=3), before)


@pytest.mark.slow
@every_head
@pytest.mark.parametrize("earlier", ["fcn_28", "agnostic_28", "separable_28", "pointrend_112"])
def test_weights_of_any_head_start_any_other(saved: dict[str, Path], earlier: str, head: MaskHeadName) -> None:
    plan = ModelPlan.model_validate({**SMALL, "weights": str(saved[earlier]), "mask_head": head})
    swapped = pretrained_detector(plan, ("bolt", "washer"))
    assert swapped.carried == ("bolt",)
    assert int(head.rpartition("_")[2]) == masks_in_boxes(swapped.detector).shape[-1]


@every_head
def test_a_branch_with_batch_norm_has_one_after_each_convolution(head: MaskHeadName) -> None:
    size = MaskSize(8, (8, 12), 3, torch.nn.BatchNorm2d)
    convolutions, predictor = MASK_HEADS[head].convolutions(size), MASK_HEADS[head].predictor(size)
    assert sum(isinstance(module, torch.nn.BatchNorm2d) for module in convolutions.modules()) == 2
    assert predictor(convolutions(torch.rand(2, 8, 14, 14))).shape[:2] == (2, 3)


def test_a_detector_that_was_saved_before_heads_had_names_has_the_plain_one() -> None:
    config = config_of(detector_with("fcn_28"))
    del config["model"]["mask_head"]
    assert detector_from(config).plan.mask_head == "fcn_28"
