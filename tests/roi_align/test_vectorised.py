"""The vectorised RoIAlign on several boxes a map, and its gradients beside finite differences."""

import numpy as np
import pytest
import torch

from rehead.roi_align.reference import roi_align as slow_roi_align
from rehead.roi_align.vectorised import roi_align


def test_several_boxes_share_a_map() -> None:
    features = torch.rand(2, 3, 8, 9, dtype=torch.float64)
    rois = torch.tensor([[1, 1.5, 2, 20, 25], [0, 0, 0, 9, 8], [1, 3, 3, 4, 30]], dtype=torch.float64)
    pooled = roi_align(features, rois, size=3, scale=0.25, samples=2)
    slow = [slow_roi_align(features[int(i)].numpy(), box, size=3, scale=0.25, samples=2) for i, *box in rois.tolist()]
    assert pooled.numpy() == pytest.approx(np.stack(slow), abs=1e-12)


@pytest.mark.parametrize("aligned", [False, True])
def test_its_gradients_for_features_and_boxes_are_those_of_finite_differences(aligned: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.rand(1, 1, 6, 7, dtype=torch.float64, generator=generator, requires_grad=True)
    corners = torch.tensor(
        [[1.13, 0.87, 4.61, 5.29], [0.31, 2.17, 6.43, 3.83]], dtype=torch.float64, requires_grad=True
    )

    def pool(maps: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
        rois = torch.cat([torch.zeros(len(boxes), 1, dtype=boxes.dtype), boxes], dim=1)
        return roi_align(maps, rois, size=2, scale=1.0, samples=2, aligned=aligned)

    assert torch.autograd.gradcheck(pool, (features, corners))
