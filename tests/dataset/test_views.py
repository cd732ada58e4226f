"""The eight ways to look at a picture, and back."""

from itertools import product

import pytest
import torch

from rehead.dataset.views import View

VIEWS = [View(*turn) for turn in product((False, True), repeat=3)]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_inverse_of_a_view_brings_the_picture_back(view: View) -> None:
    picture = torch.arange(30).reshape(1, 5, 6)
    assert torch.equal(view.inverse.image(view.image(picture)), picture)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_the_inverse_of_a_view_brings_boxes_back(view: View) -> None:
    boxes = torch.tensor([[0.0, 1.0, 2.0, 5.0], [3.0, 0.0, 6.0, 1.0]])
    turned = view.boxes(boxes, 5, 6)
    assert torch.equal(view.inverse.boxes(turned, *view.size(5, 6)), boxes)
