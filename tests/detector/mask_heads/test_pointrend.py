"""Points are corrected from the coarse mask on, and what they learn makes the mask sharper."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rehead.detector.mask_heads.pointrend import PointRendPredictor
from rehead.detector.mask_heads.points import FineMaps
from rehead.detector.mask_heads.predictor import MaskSize

BOX = torch.tensor([[0.0, 0.0, 112.0, 112.0]])


def disc() -> Tensor:
    """A disc that fills most of the box, 112 pixels a side."""
    axis = torch.arange(112) - 55.5
    return ((axis[:, None] ** 2 + axis**2) < 45.0**2).float()


def seen(mask_mm: Tensor) -> FineMaps:
    """A feature map of the stride 1 whose first channel shows the mask."""
    return FineMaps(torch.stack([mask_mm, torch.zeros_like(mask_mm)])[None], [BOX], 1)


@pytest.fixture
def predictor() -> PointRendPredictor:
    torch.manual_seed(0)
    return PointRendPredictor(MaskSize(2, (8,), 2))


def coarse_of(mask_mm: Tensor) -> Tensor:
    """Logits of a mask known at 28 pixels a side only."""
    return functional.avg_pool2d(mask_mm[None, None], 4) * 4 - 2


def test_a_new_head_leaves_the_coarse_mask_as_it_is(predictor: PointRendPredictor) -> None:
    ramp = torch.linspace(-3.0, 3.0, 28).expand(1, 1, 28, 28)
    refined = predictor.refine(ramp, torch.tensor([1]), seen(disc()))
    expected = functional.interpolate(ramp, scale_factor=4, mode="bilinear", align_corners=False)
    inside = (..., slice(4, -4))  # where two doublings and one of four differ, at the border, the ramp is bent
    torch.testing.assert_close(refined[inside], expected[inside])


def test_points_learn_an_edge_that_the_coarse_mask_blurs(predictor: PointRendPredictor) -> None:
    truth, labels = disc(), torch.tensor([1])
    coarse, maps = coarse_of(truth), seen(truth)
    optimizer = torch.optim.Adam(predictor.point_head.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        predictor.point_loss(coarse, labels, maps, targets_nmm=truth[None]).backward()
        optimizer.step()
    with torch.inference_mode():
        refined = predictor.refine(coarse, labels, maps)[0, 0]
    upsampled = functional.interpolate(coarse, scale_factor=4, mode="bilinear", align_corners=False)[0, 0]
    wrong = [int(((mask > 0) != truth.bool()).sum()) for mask in (refined, upsampled)]
    assert wrong[0] < 0.5 * wrong[1]


def test_only_the_boxs_own_class_is_corrected(predictor: PointRendPredictor) -> None:
    with torch.no_grad():
        predictor.point_head.logits.bias.copy_(torch.tensor([100.0, 3.0]))
    coarse = torch.full((1, 1, 28, 28), -1.0)
    refined = predictor.refine(coarse, torch.tensor([1]), seen(disc()))
    assert float(refined.detach().max()) == pytest.approx(2.0)
