from pathlib import Path

import numpy as np
import pytest
import torch

from rehead.coco.plan import TilePlan
from rehead.coco.windows import grid
from rehead.dataset.split import load_split
from rehead.detector.build import Detector, build_detector, tiled
from rehead.detector.plan import ModelPlan
from rehead.evaluation.detections import coco_results
from rehead.evaluation.prediction import predict_image
from rehead.evaluation.validation import predict_split

MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))


@pytest.fixture(scope="module")
def detector() -> Detector:
    torch.manual_seed(0)
    found = build_detector(MODEL, ("nut", "bolt"))
    found.model.eval()
    return found


def test_detections_are_torchvisions_own(detector: Detector) -> None:
    image = torch.rand(3, 48, 80)
    theirs = detector.model([image])[0]
    ours = predict_image(detector, image)
    assert len(ours.masks) == len(ours.labels_n) > 0
    assert np.allclose(ours.boxes_n4, theirs["boxes"].detach().numpy(), atol=1e-4)
    assert np.allclose(ours.scores_n, theirs["scores"].detach().numpy(), atol=1e-6)


def test_a_threshold_leaves_the_lower_scores_out(detector: Detector) -> None:
    image = torch.rand(3, 64, 64)
    every = predict_image(detector, image)
    middle = float(np.median(every.scores_n))
    assert len(predict_image(detector, image, score_threshold=middle).masks) == int((every.scores_n >= middle).sum())


def test_a_model_in_training_mode_is_refused(detector: Detector) -> None:
    detector.model.train()
    with pytest.raises(ValueError, match="training mode"):
        predict_image(detector, torch.rand(3, 64, 64))
    detector.model.eval()


def test_outputs_that_are_not_finite_are_refused() -> None:
    torch.manual_seed(0)
    broken = build_detector(MODEL, ("nut",))
    broken.model.eval()
    with torch.no_grad():
        broken.model.roi_heads.mask_predictor.mask_fcn_logits.bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="not finite"):
        predict_image(broken, torch.rand(3, 64, 64))


def test_a_split_whose_outputs_are_not_finite_is_refused_with_the_images_name(dataset: Path) -> None:
    torch.manual_seed(0)
    broken = build_detector(MODEL, ("circle", "square", "triangle"))
    with torch.no_grad():
        broken.model.roi_heads.mask_predictor.mask_fcn_logits.bias.fill_(float("nan"))
    split = load_split(dataset, "test")
    with pytest.raises(FloatingPointError, match=rf"^{split.images[0].file_name}: the detector's output is not finite"):
        predict_split(broken, split)


@pytest.fixture
def by_tiles() -> Detector:
    """The module's detector, but for tiles of 64 pixels and a limit that keeps tests short."""
    torch.manual_seed(0)
    plan = MODEL.model_copy(update={"max_detections": 10})
    found = tiled(build_detector(plan, ("nut", "bolt")), TilePlan(size=64))
    found.model.eval()
    return found


def test_an_image_no_larger_than_a_tile_is_predicted_as_without_tiles(detector: Detector, by_tiles: Detector) -> None:
    image = torch.rand(3, 64, 64)
    whole, one_tile = predict_image(detector, image), predict_image(by_tiles, image)
    assert whole.masks[:10] == one_tile.masks
    assert np.array_equal(whole.scores_n[:10], one_tile.scores_n)


def test_each_tile_is_predicted_as_an_image_of_its_own(by_tiles: Detector) -> None:
    image = torch.rand(3, 64, 150)
    tiles = [predict_image(by_tiles, image[:, :, w.x : w.right]) for w in grid(150, 64, by_tiles.tile)]
    assert len(tiles) == 3
    assert predict_image(by_tiles, image).scores_n[0] == max(found.scores_n[0] for found in tiles)


def test_masks_of_tiles_lie_in_the_whole_image(by_tiles: Detector) -> None:
    found = predict_image(by_tiles, torch.rand(3, 100, 150))
    assert {tuple(mask["size"]) for mask in found.masks} == {(100, 150)}
    assert found.boxes_n4[:, 0].max() > 86


def test_the_limit_of_detections_is_the_whole_images(by_tiles: Detector) -> None:
    assert len(predict_image(by_tiles, torch.rand(3, 100, 150)).masks) == by_tiles.plan.max_detections


def test_a_threshold_leaves_what_tiles_joined_as_it_is(by_tiles: Detector) -> None:
    image = torch.rand(3, 100, 150)
    every = predict_image(by_tiles, image)
    middle = float(np.median(every.scores_n))
    kept = int((every.scores_n >= middle).sum())
    assert predict_image(by_tiles, image, score_threshold=middle).masks == every.masks[:kept]


def test_bytes_are_predicted_as_numbers_from_zero_to_one(by_tiles: Detector) -> None:
    pixels = torch.randint(0, 256, (3, 100, 150), dtype=torch.uint8)
    from_bytes, from_numbers = predict_image(by_tiles, pixels), predict_image(by_tiles, pixels.float() / 255)
    assert np.array_equal(from_bytes.boxes_n4, from_numbers.boxes_n4)


def test_results_carry_the_images_id_and_boxes_as_width_and_height(detector: Detector) -> None:
    found = predict_image(detector, torch.rand(3, 64, 64))
    first = coco_results(found, image_id=7, categories=[30, 40])[0]
    x1, y1, x2, y2 = found.boxes_n4[0].astype(float)
    assert first["image_id"] == 7
    assert first["category_id"] in (30, 40)
    assert first["bbox"] == pytest.approx([x1, y1, x2 - x1, y2 - y1])
