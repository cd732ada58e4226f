"""Convolutions by way of Fourier transforms are the convolution, in outputs, gradients and parameters."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rehead.detector.build import build_detector
from rehead.detector.fourier import Axis, algorithm_of
from rehead.detector.fourier_conv import FourierConv, convolve, speed_up
from rehead.detector.plan import ModelPlan

FORMATS = [torch.contiguous_format, torch.channels_last]


def drawn(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=dtype)


def plainly(maps: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return functional.conv2d(maps, weight, bias, padding=1)


def head_layer() -> tuple[nn.Conv2d, Tensor]:
    """Build a convolution as wide as it pays for, and as many maps."""
    torch.manual_seed(0)
    return nn.Conv2d(128, 128, 3, padding=1, bias=False), drawn(192, 128, 7, 7, dtype=torch.float32)


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("size", [(side, side) for side in range(1, 18)] + [(7, 14), (1, 9), (33, 5)])
def test_outputs_and_gradients_are_the_convolution_s(size: tuple[int, int], memory_format: torch.memory_format) -> None:
    maps, weight, bias = drawn(3, 5, *size).contiguous(memory_format=memory_format), drawn(7, 5, 3, 3), drawn(7)
    inputs = [value.requires_grad_() for value in (maps, weight, bias)]
    gradient = drawn(3, 7, *size)
    found, expected = convolve(maps, weight, bias), plainly(maps, weight, bias)
    torch.testing.assert_close(found, expected)
    of_found, of_expected = (torch.autograd.grad(values, inputs, gradient) for values in (found, expected))
    for own, torchs in zip(of_found, of_expected, strict=True):
        torch.testing.assert_close(own, torchs)


def test_more_maps_than_are_held_at_once_are_convolved_in_parts() -> None:
    maps, weight = drawn(300, 2, 7, 9), drawn(3, 2, 3, 3)
    torch.testing.assert_close(convolve(maps, weight), plainly(maps, weight))


def test_the_gradient_is_that_of_small_changes() -> None:
    maps, weight, bias = (value.requires_grad_() for value in (drawn(2, 2, 3, 9), drawn(2, 2, 3, 3), drawn(2)))
    assert torch.autograd.gradcheck(convolve, (maps, weight, bias))


def test_rounding_is_that_of_float32() -> None:
    maps, weight = drawn(4, 256, 14, 14).relu(), drawn(8, 256, 3, 3)
    expected = plainly(maps, weight)
    found = convolve(maps.float(), weight.float()).double()
    assert (found - expected).norm() < 1e-6 * expected.norm()


def test_no_map_at_all_is_convolved() -> None:
    weight = drawn(3, 2, 3, 3).requires_grad_()
    found = convolve(drawn(0, 2, 7, 7), weight)
    found.sum().backward()
    assert found.shape == (0, 3, 7, 7)
    assert weight.grad is not None
    assert not weight.grad.any()


def test_a_map_of_a_box_takes_94_products_in_place_of_441() -> None:
    assert len(algorithm_of(Axis(7), Axis(7), torch.float32).window_rp) == 94


def test_a_layer_in_training_takes_the_short_way_and_gives_it_again() -> None:
    plain, maps = head_layer()
    own = FourierConv(plain)
    assert torch.equal(own(maps), convolve(maps, plain.weight))
    assert not torch.equal(own(maps), plain(maps))


@pytest.mark.parametrize("name", ["evaluation", "switched off", "few maps"])
def test_elsewhere_it_is_torch_s_own_to_the_bit(name: str) -> None:
    plain, maps = head_layer()
    own = FourierConv(deepcopy(plain))
    if name == "evaluation":
        own.eval()
    own.fast = name != "switched off"
    maps = maps[:5] if name == "few maps" else maps
    assert torch.equal(own(maps), plain(maps))


def test_a_copy_and_its_weights_are_those_of_the_plain_layer() -> None:
    plain, maps = head_layer()
    copied = deepcopy(FourierConv(plain))
    plain.load_state_dict(copied.state_dict())
    assert torch.equal(copied(maps), convolve(maps, plain.weight))


def test_an_activation_may_work_in_place() -> None:
    plain, maps = head_layer()
    head = nn.Sequential(plain, nn.ReLU(inplace=True))
    expected = head(maps)
    speed_up(head)
    torch.testing.assert_close(head(maps), expected, atol=1e-5, rtol=1e-5)


def test_the_heads_of_a_detector_have_it_under_torchvision_s_names() -> None:
    plan = ModelPlan(arch="maskrcnn_resnet50_fpn_v2", weights="none", fpn_channels=8, box_head=8, mask_layers=(8, 8))
    layers = build_detector(plan, ("one",)).model.named_modules()
    assert [name for name, layer in layers if isinstance(layer, FourierConv)] == [
        "rpn.head.conv.0.0",
        "rpn.head.conv.1.0",
        *(f"roi_heads.box_head.{layer}.0" for layer in range(4)),
        *(f"roi_heads.mask_head.{layer}.0" for layer in range(2)),
    ]


def test_layers_of_another_kind_stay_as_they_are() -> None:
    others = [
        nn.Conv2d(4, 4, 1),
        nn.Conv2d(4, 4, 3),
        nn.Conv2d(4, 4, 3, padding=1, stride=2),
        nn.Conv2d(4, 4, 3, padding=2, dilation=2),
        nn.Conv2d(4, 4, 3, padding=1, groups=4),
        nn.ConvTranspose2d(4, 4, 3, padding=1),
    ]
    head = nn.Sequential(*others)
    speed_up(head)
    assert list(head) == others
