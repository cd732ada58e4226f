"""Anchors are matched in parts exactly as torchvision matches them at once."""

import pytest
import torch
from torchvision.models.detection._utils import Matcher
from torchvision.ops import box_iou

from rehead.detector.matching import match_anchors


@pytest.mark.parametrize("low_quality", [True, False])
@pytest.mark.parametrize(("objects", "anchors"), [(1, 50), (40, 20_000), (300, 3_000)])
def test_matches_are_those_of_torchvision(objects: int, anchors: int, low_quality: bool) -> None:
    generator = torch.Generator().manual_seed(objects)
    corners = torch.rand(objects + anchors, 2, generator=generator) * 300
    boxes = torch.cat([corners, corners + 5 + torch.rand(objects + anchors, 2, generator=generator) * 60], dim=1)
    boxes[0] += 1000.0  # where no anchor is
    matcher = Matcher(0.7, 0.3, low_quality)
    expected = matcher(box_iou(boxes[:objects], boxes[objects:]))
    assert torch.equal(match_anchors(boxes[:objects], boxes[objects:], matcher), expected)


def test_without_objects_every_anchor_is_background() -> None:
    matcher = Matcher(0.7, 0.3, True)
    assert match_anchors(torch.zeros(0, 4), torch.rand(7, 4), matcher).tolist() == [matcher.BELOW_LOW_THRESHOLD] * 7
