"""3 x 3 convolutions of a detector in training by way of small Fourier transforms, in a third of the multiply-adds.

What is multiplied with what stands in detector/fourier.py. Here each of its products is one of matrices, channels by
channels, over many tiles at once, and the transforms are matrices too. Outputs and gradients are the convolution's to
the rounding of float32, unlike those of Winograd's filters of this size (Zlateski et al. 2018, FFT Convolutions are
Faster than Winograd on Modern CPUs, Here is Why).
"""

from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

from rehead.detector.fourier import Algorithm, Tiling, algorithm_of
from rehead.detector.sparse_gradients import is_plain_cpu

_LEAST_CHANNELS, _LEAST_TILES = 128, 192
"""Where products are large enough to make up for the transforms of maps and kernel, in time and in memory."""


class FourierConv(nn.Conv2d):
    """A 3 x 3 convolution, padded by one, with torchvision's parameters; outputs and gradients are equal to rounding.

    Of large or many maps, in training, in float32 on a CPU; elsewhere it is torch's own.
    """

    fast: bool = True
    """Whether it may be other than torch's own."""

    def __init__(self, plain: nn.Conv2d) -> None:
        """Take over the parameters of a convolution."""
        assert suits(plain), "for 3 x 3 kernels"
        nn.Module.__init__(self)
        self.__dict__.update(plain.__dict__)

    def forward(self, input: Tensor) -> Tensor:
        """Convolve N,C,H,W."""
        if self.fast and self.training and is_plain_cpu(input) and self._pays(input):
            return convolve(input, self.weight, self.bias)
        return super().forward(input)

    def _pays(self, maps_nchw: Tensor) -> bool:
        cut = Tiling((len(maps_nchw), *maps_nchw.shape[2:]))
        wide = min(self.in_channels, self.out_channels) >= _LEAST_CHANNELS
        return wide and cut.maps * cut.y.tiles * cut.x.tiles >= _LEAST_TILES


def speed_up(head: nn.Module) -> None:
    """Replace those convolutions of a head that suit; names and parameters stay."""
    for parent in list(head.modules()):
        for name, layer in list(parent.named_children()):
            if suits(layer):
                setattr(parent, name, FourierConv(layer))


def suits(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    """Tell whether a layer is a plain 3 x 3 convolution that keeps the size of a map."""
    if not isinstance(layer, nn.Conv2d):
        return False
    kind = layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.groups, layer.padding_mode
    return kind == ((3, 3), (1, 1), (1, 1), (1, 1), 1, "zeros")


def convolve(maps_nchw: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolve N,C,H,W with O,C,3,3, padded by one; the output is laid out channels last."""
    whole_tiles: Tensor = _Convolution.apply(maps_nchw.permute(0, 2, 3, 1), weight, bias)
    return whole_tiles[:, : maps_nchw.shape[2], : maps_nchw.shape[3]].permute(0, 3, 1, 2)


class _Convolution(torch.autograd.Function):
    """From maps N,H,W,C to whole tiles; the way back transforms again what would be large to keep."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(maps, weight)
        cut = Tiling(maps.shape[:3])
        algorithm = algorithm_of(cut.y, cut.x, maps.dtype)
        kernel_rco = _kernel(algorithm, weight).transpose(1, 2)
        drawn = cut.blank(weight, len(weight))
        tiles = cut.tiles(drawn)
        for part in cut.parts():
            products = torch.bmm(_transformed(algorithm.window_rp, cut.windows(maps, part)), kernel_rco)
            found = _returned(algorithm.output_qr, products, into=tiles[part] if cut.whole else None)
            if not cut.whole:
                tiles[part] = found.view(tiles[part].shape)
        return drawn if bias is None else drawn.add_(bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,), (maps, weight) = gradients, ctx.saved_tensors
        for_maps, for_weight, for_bias = ctx.needs_input_grad
        cut = Tiling(maps.shape[:3])
        algorithm = algorithm_of(cut.y, cut.x, maps.dtype)
        kernel_roc, tiles = _kernel(algorithm, weight), cut.tiles(gradient)
        into = cut.margined(maps) if for_maps else None
        for_kernel = torch.empty_like(kernel_roc)
        for number, part in enumerate(cut.parts()):
            products = _transformed(algorithm.output_qr.T, tiles[part])
            if for_weight:
                seen = _transformed(algorithm.window_rp, cut.windows(maps, part))
                for_kernel.baddbmm_(products.transpose(1, 2), seen, beta=min(number, 1))
            if into is not None:
                seen = cut.overlapping(into)[part]
                found = _returned(
                    algorithm.window_rp.T, torch.bmm(products, kernel_roc), into=seen if cut.whole else None
                )
                if not cut.whole:
                    _add(found, seen)
        for_taps = (algorithm.kernel_r9.T @ for_kernel.flatten(1)).view(3, 3, *weight.shape[:2])
        return (
            cut.inner(into) if into is not None else None,
            for_taps.permute(2, 3, 0, 1) if for_weight else None,
            gradient.sum(dim=(0, 1, 2)) if for_bias else None,
        )


def _kernel(algorithm: Algorithm, weight: Tensor) -> Tensor:
    """Transform the taps of a kernel O,C,3,3 to R,O,C."""
    taps = weight.permute(2, 3, 0, 1).reshape(9, -1)
    return (algorithm.kernel_r9 @ taps).unflatten(1, weight.shape[:2])


def _transformed(matrix_rp: Tensor, values: Tensor) -> Tensor:
    """Transform the P pixels of each of M windows, ...,C to R,M,C, laid out M,R,C."""
    values_mpc = values.reshape(-1, matrix_rp.shape[1], values.shape[-1])
    return torch.bmm(matrix_rp.expand(len(values_mpc), -1, -1), values_mpc).transpose(0, 1)


def _returned(matrix_qr: Tensor, products_rmo: Tensor, *, into: Tensor | None) -> Tensor:
    """Transform products back to M,Q,O, in a place given or in a new one."""
    _, size, channels = products_rmo.shape
    out = None if into is None else into.view(size, len(matrix_qr), channels)
    return torch.bmm(matrix_qr.expand(size, -1, -1), products_rmo.transpose(0, 1), out=out)


def _add(found: Tensor, windows: Tensor) -> None:
    """Add to windows, of which only every other has no pixel in common."""
    found = found.view(windows.shape)
    for row in range(2):
        for column in range(2):
            windows[:, row::2, column::2] += found[:, row::2, column::2]
