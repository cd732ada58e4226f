import torch

from rehead.detector.build import Detector, build_detector
from rehead.detector.heads import swap_heads
from rehead.detector.plan import ModelPlan

PLAN = ModelPlan(weights="none", input_size=64, fpn_channels=8, box_head=8, mask_layers=(8,))


def trained_on(*classes: str) -> Detector:
    torch.manual_seed(1)
    return build_detector(PLAN, classes)


def test_heads_have_one_row_a_class_and_one_for_background() -> None:
    model = trained_on("nut").model
    swap_heads(model, ("a", "b", "c", "d"))
    heads = model.roi_heads
    assert heads.box_predictor.cls_score.out_features == 5
    assert heads.box_predictor.bbox_pred.out_features == 20
    assert heads.mask_predictor.mask_fcn_logits.out_channels == 5


def test_a_class_of_the_same_name_keeps_its_rows_at_its_new_place() -> None:
    model = trained_on("nut", "bolt").model
    scores, boxes = model.roi_heads.box_predictor.cls_score.weight, model.roi_heads.box_predictor.bbox_pred.weight
    masks = model.roi_heads.mask_predictor.mask_fcn_logits.weight
    carried = swap_heads(model, ("washer", "nut"), known=("nut", "bolt"))
    heads = model.roi_heads
    assert carried == ("nut",)
    assert torch.equal(heads.box_predictor.cls_score.weight[2], scores[1])
    assert torch.equal(heads.box_predictor.bbox_pred.weight[8:12], boxes[4:8])
    assert torch.equal(heads.mask_predictor.mask_fcn_logits.weight[2], masks[1])


def test_a_new_class_starts_with_the_mean_mask_of_the_known_ones() -> None:
    model = trained_on("nut", "bolt").model
    masks = model.roi_heads.mask_predictor.mask_fcn_logits.weight
    swap_heads(model, ("washer",), known=("nut", "bolt"))
    assert torch.allclose(model.roi_heads.mask_predictor.mask_fcn_logits.weight[1], masks[1:].mean(dim=0))


def test_the_deconvolution_that_knows_no_class_stays() -> None:
    model = trained_on("nut").model
    before = model.roi_heads.mask_predictor.conv5_mask.weight.clone()
    swap_heads(model, ("washer",), known=("nut",))
    assert torch.equal(model.roi_heads.mask_predictor.conv5_mask.weight, before)


def test_without_known_classes_every_row_is_fresh() -> None:
    model = trained_on("nut").model
    before = model.roi_heads.box_predictor.cls_score.weight
    assert swap_heads(model, ("nut",)) == ()
    assert not torch.equal(model.roi_heads.box_predictor.cls_score.weight, before)
