"""Finer masks start as the coarser ones of the weights, pixel for pixel."""

from pathlib import Path

import pytest
import torch
from torchvision.models.detection.mask_rcnn import MaskRCNNPredictor

from rehead.detector.build import build_detector
from rehead.detector.checkpoint import save_detector
from rehead.detector.mask_heads.fcn import Fcn28Predictor
from rehead.detector.mask_heads.predictor import MaskSize
from rehead.detector.plan import ModelPlan
from rehead.detector.weights import pretrained_detector

SMALL = {"input_size": 64, "fpn_channels": 8, "box_head": 8, "mask_layers": (8, 8)}
KNOWN, CLASSES = ("nut", "bolt", "key"), ("washer", "bolt", "nut")


def plan_of(head: str, weights: object) -> ModelPlan:
    return ModelPlan.model_validate({**SMALL, "mask_head": head, "weights": str(weights)})


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector with a coarse mask head, as if trained: no parameter has its first value."""
    torch.manual_seed(1)
    detector = build_detector(plan_of("fcn_28", "none"), KNOWN)
    with torch.no_grad():
        for parameter in detector.model.roi_heads.mask_predictor.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    folder = tmp_path_factory.mktemp("earlier") / "detector"
    save_detector(detector, folder)
    return folder


def mask_logits(plan: ModelPlan) -> torch.Tensor:
    """Give the logits of masks for fixed features, after the swap to other classes."""
    heads = pretrained_detector(plan, CLASSES).detector.model.roi_heads
    features = torch.rand(3, 8, 14, 14, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        logits: torch.Tensor = heads.mask_predictor(heads.mask_head(features))
    return logits


@pytest.mark.parametrize(("head", "times"), [("fcn_56", 2), ("fcn_112", 4)])
def test_a_finer_head_starts_as_the_coarser_one_with_every_pixel_repeated(earlier: Path, head: str, times: int) -> None:
    coarse, fine = mask_logits(plan_of("fcn_28", earlier)), mask_logits(plan_of(head, earlier))
    repeated = coarse.repeat_interleave(times, -1).repeat_interleave(times, -2)
    assert torch.equal(fine, repeated)


def test_the_plain_head_is_torchvisions_own() -> None:
    torch.manual_seed(3)
    theirs = MaskRCNNPredictor(8, 8, 3)
    torch.manual_seed(3)
    ours = Fcn28Predictor(MaskSize(8, (8,), 3))
    features = torch.rand(2, 8, 14, 14)
    assert {n: v.tolist() for n, v in ours.state_dict().items()} == {
        n: v.tolist() for n, v in theirs.state_dict().items()
    }
    assert torch.equal(ours(features), theirs(features))


def test_a_coarser_head_starts_without_the_finer_ones_deconvolutions(earlier: Path, tmp_path: Path) -> None:
    finer = pretrained_detector(plan_of("fcn_56", earlier), KNOWN).detector
    save_detector(finer, tmp_path / "finer")
    assert torch.equal(mask_logits(plan_of("fcn_28", tmp_path / "finer")), mask_logits(plan_of("fcn_28", earlier)))


def test_one_mask_for_all_classes_starts_as_the_mean_of_theirs(earlier: Path) -> None:
    rows = pretrained_detector(plan_of("fcn_28", earlier), KNOWN).detector.model.roi_heads.mask_predictor
    one = pretrained_detector(plan_of("agnostic_28", earlier), CLASSES).detector.model.roi_heads.mask_predictor
    mean = rows.mask_fcn_logits.weight[1:].mean(dim=0, keepdim=True)
    torch.testing.assert_close(one.mask_fcn_logits.weight, mean)


def test_masks_for_each_class_start_as_the_one_for_all(earlier: Path, tmp_path: Path) -> None:
    save_detector(pretrained_detector(plan_of("agnostic_28", earlier), KNOWN).detector, tmp_path / "one")
    each = mask_logits(plan_of("fcn_28", tmp_path / "one"))[:, 1:]
    torch.testing.assert_close(each, mask_logits(plan_of("agnostic_28", earlier))[:, 1:])


def test_weights_whose_layers_are_wider_are_refused_for_another_head_as_well(earlier: Path) -> None:
    narrow = plan_of("fcn_56", earlier).model_copy(update={"mask_layers": (8,)})
    with pytest.raises(ValueError, match="mask_layers"):
        pretrained_detector(narrow, CLASSES)
