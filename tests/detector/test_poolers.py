"""Every pooler that a plan may ask for: in both places of the detector, trained, saved and loaded."""

from pathlib import Path
from typing import get_args

import pytest
import torch
from torch import Tensor

from rehead.detector.build import POOLERS, Detector, build_detector
from rehead.detector.checkpoint import load_detector, save_detector
from rehead.detector.plan import ModelPlan, PoolerName

SMALL = {"weights": "none", "input_size": 64, "fpn_channels": 8, "box_head": 8, "mask_layers": [8]}


@pytest.fixture(scope="module", params=get_args(PoolerName))
def detector(request: pytest.FixtureRequest) -> Detector:
    torch.manual_seed(0)
    return build_detector(ModelPlan.model_validate({**SMALL, "pooler": request.param}), ("nut", "bolt"))


def image() -> Tensor:
    return torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_boxes_and_masks_are_read_by_the_pooler_of_the_plan(detector: Detector) -> None:
    heads, pooler = detector.model.roi_heads, POOLERS[detector.plan.pooler]
    assert [type(heads.box_roi_pool), type(heads.mask_roi_pool)] == [pooler, pooler]


def test_all_five_losses_teach_the_backbone_through_the_pooler(detector: Detector) -> None:
    mask = torch.zeros(1, 64, 64, dtype=torch.uint8)
    mask[:, 10:40, 10:40] = 1
    target = {"boxes": torch.tensor([[10.0, 10, 40, 40]]), "labels": torch.tensor([1]), "masks": mask}
    detector.model.train().zero_grad()
    losses = detector.model([image()], [target])
    (losses["loss_classifier"] + losses["loss_box_reg"] + losses["loss_mask"]).backward()
    grown = [p.grad.abs().sum() > 0 for p in detector.model.backbone.body.parameters() if p.grad is not None]
    assert (len(losses), all(bool(loss.isfinite()) for loss in losses.values()), any(grown)) == (5, True, True)


def test_it_comes_back_from_disk_as_it_was(detector: Detector, tmp_path: Path) -> None:
    save_detector(detector, tmp_path / "saved")
    loaded = load_detector(tmp_path / "saved")
    with torch.inference_mode():
        before, after = (model.eval()([image()])[0] for model in (detector.model, loaded.model.cpu()))
    assert loaded.plan.pooler == detector.plan.pooler
    assert torch.equal(before["masks"], after["masks"])


def test_a_detector_saved_before_there_was_a_choice_has_roi_align() -> None:
    assert ModelPlan.model_validate(SMALL).pooler == "roi_align"
