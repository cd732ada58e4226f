"""The pyramid's 3 x 3 convolutions, whose way back follows the gradient to the few places where there is one.

A loss on sampled anchors and RoIs reaches a fifth of the finest map. torchvision's convolution multiplies the zeros of
the rest as well, and with a frozen trunk that is a third of a step.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_PAYS_BELOW = 0.3
"""Share of places with a gradient below which gathering them is faster."""
_TAPS = [(row, column) for row in range(3) for column in range(3)]


class SparseGradientConv(nn.Conv2d):
    """A 3 x 3 convolution, padded by one, with torchvision's parameters and outputs; gradients are equal to rounding.

    For float32 on a CPU; elsewhere it is torch's own.
    """

    def __init__(self, plain: nn.Conv2d) -> None:
        """Take over the parameters of a convolution."""
        assert plain.kernel_size == (3, 3), "for 3 x 3 kernels"
        nn.Module.__init__(self)
        self.__dict__.update(plain.__dict__)

    def forward(self, input: Tensor) -> Tensor:
        """Convolve N,C,H,W."""
        if not torch.is_grad_enabled() or not is_plain_cpu(input):
            return super().forward(input)
        convolved: Tensor = _Convolution.apply(input, self.weight, self.bias)
        return convolved


def is_plain_cpu(maps: Tensor) -> bool:
    """Tell whether maps are float32 on a CPU, and are computed with as it is written: neither cast nor compiled."""
    usual = maps.device.type == "cpu" and maps.dtype == torch.float32
    return usual and not torch.is_autocast_enabled("cpu") and not torch.compiler.is_compiling()


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps_nchw: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(maps_nchw, weight)
        ctx.biased = bias is not None
        return functional.conv2d(maps_nchw, weight, bias, padding=1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,), (maps, weight) = gradients, ctx.saved_tensors
        gradient_nhwc = gradient.permute(0, 2, 3, 1)
        places = (gradient_nhwc != 0).any(dim=-1).nonzero()
        if len(places) > _PAYS_BELOW * gradient_nhwc.shape[:3].numel():
            sizes, asked = [len(weight)] if ctx.biased else None, list(ctx.needs_input_grad)
            dense: tuple[Tensor | None, ...] = torch.ops.aten.convolution_backward(
                gradient, maps, weight, sizes, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, asked
            )
            return dense
        here_kc = gradient_nhwc[tuple(places.T)]
        rows, for_maps, for_weight = _Rows(maps.shape, places), None, None
        if ctx.needs_input_grad[0]:
            for_maps = rows.spread(here_kc, weight)
        if ctx.needs_input_grad[1]:
            for_weight = rows.gathered(here_kc, maps, weight)
        return for_maps, for_weight, here_kc.sum(dim=0) if ctx.needs_input_grad[2] else None


class _Rows:
    """The pixels that some places of a map see, as rows of the padded map."""

    def __init__(self, shape_nchw: torch.Size, places_k3: Tensor) -> None:
        self.size, _, self.height, self.width = shape_nchw
        image, y, x = places_k3.T
        self.first_k = (image * (self.height + 2) + y) * (self.width + 2) + x

    def seen(self, row: int, column: int) -> Tensor:
        """Name the row of the pixel that each place sees at one tap of the kernel."""
        return self.first_k + row * (self.width + 2) + column

    def gathered(self, here_ko: Tensor, maps_nchw: Tensor, weight: Tensor) -> Tensor:
        """Give the gradient of the weights."""
        pixels = functional.pad(maps_nchw.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1)).flatten(0, 2)
        taken = torch.empty_like(weight)
        for tap in _TAPS:
            taken[:, :, *tap] = here_ko.T @ pixels[self.seen(*tap)]
        return taken

    def spread(self, here_ko: Tensor, weight: Tensor) -> Tensor:
        """Give the gradient of the maps."""
        pixels = here_ko.new_zeros(self.size * (self.height + 2) * (self.width + 2), weight.shape[1])
        for tap in _TAPS:
            pixels.index_add_(0, self.seen(*tap), here_ko @ weight[:, :, *tap])
        padded = pixels.unflatten(0, (self.size, self.height + 2, self.width + 2))
        return padded[:, 1:-1, 1:-1].permute(0, 3, 1, 2)
