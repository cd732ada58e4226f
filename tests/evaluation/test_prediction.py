import numpy as np
import pytest
import torch
from torchvision.models.detection.roi_heads import paste_masks_in_image

from rehead.coco.rle import decode
from rehead.detector.build import Detector, build_detector
from rehead.detector.plan import ModelPlan
from rehead.evaluation.detections import coco_results
from rehead.evaluation.prediction import paste_mask, predict_image

MODEL = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))


@pytest.fixture(scope="module")
def detector() -> Detector:
    torch.manual_seed(0)
    found = build_detector(MODEL, ("nut", "bolt"))
    found.model.eval()
    return found


def test_masks_are_pasted_exactly_as_torchvision_pastes_them() -> None:
    generator = torch.Generator().manual_seed(4)
    height = width = 90
    for _ in range(200):
        corner, size = torch.rand(2, generator=generator) * 70 - 5, torch.rand(2, generator=generator) * 50 + 0.2
        box = torch.cat([corner, corner + size]).clamp(0, 90)
        mask = torch.rand(28, 28, generator=generator)
        theirs = paste_masks_in_image(mask[None, None], box[None], (height, width))[0, 0] > 0.5
        assert np.array_equal(decode(paste_mask(mask, box, height=height, width=width)), theirs.numpy())


def test_detections_are_torchvisions_own(detector: Detector) -> None:
    image = torch.rand(3, 48, 80)
    theirs = detector.model([image])[0]
    ours = predict_image(detector, image)
    assert len(ours.masks) == len(ours.labels_n) > 0
    assert np.allclose(ours.boxes_n4, theirs["boxes"].detach().numpy(), atol=1e-4)
    assert np.allclose(ours.scores_n, theirs["scores"].detach().numpy(), atol=1e-6)
    masks = [decode(rle) for rle in ours.masks]
    assert all(np.array_equal(a, (b[0] > 0.5).numpy()) for a, b in zip(masks, theirs["masks"], strict=True))


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


def test_results_carry_the_images_id_and_boxes_as_width_and_height(detector: Detector) -> None:
    found = predict_image(detector, torch.rand(3, 64, 64))
    first = coco_results(found, image_id=7, categories=[30, 40])[0]
    x1, y1, x2, y2 = found.boxes_n4[0].astype(float)
    assert first["image_id"] == 7
    assert first["category_id"] in (30, 40)
    assert first["bbox"] == pytest.approx([x1, y1, x2 - x1, y2 - y1])
