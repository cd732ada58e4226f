"""Gradients that follow a few places are the convolution's own."""

import pytest
import torch
from torch import Tensor, nn

from rehead.detector.sparse_gradients import SparseGradientConv


def gradients(layer: nn.Conv2d, maps: Tensor, gradient: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(layer(maps), [maps, *layer.parameters()], gradient)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("bias", [True, False])
def test_gradients_are_the_convolution_s(share: float, bias: bool, memory_format: torch.memory_format) -> None:
    generator = torch.Generator().manual_seed(0)
    plain = nn.Conv2d(5, 7, 3, padding=1, bias=bias)
    maps = torch.randn(2, 5, 9, 11, generator=generator).contiguous(memory_format=memory_format).requires_grad_()
    places = torch.rand(2, 1, 9, 11, generator=generator) < share
    places[0, 0, 0, 0] = places[1, 0, 8, 10] = share > 0  # corners, where a part of the kernel sees nothing
    gradient = torch.randn(2, 7, 9, 11, generator=generator) * places
    own = SparseGradientConv(plain)
    assert torch.equal(own(maps), plain(maps))
    for found, expected in zip(gradients(own, maps, gradient), gradients(plain, maps, gradient), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_maps_that_do_not_learn_are_asked_for_no_gradient() -> None:
    own = SparseGradientConv(nn.Conv2d(2, 2, 3, padding=1))
    maps = torch.randn(1, 2, 6, 6)
    gradient = torch.zeros(1, 2, 6, 6)
    gradient[0, :, 2, 3] = 1.0
    own(maps).backward(gradient)
    assert maps.grad is None
    assert own.weight.grad is not None
    torch.testing.assert_close(own.weight.grad[0], maps[0, :, 1:4, 2:5])
