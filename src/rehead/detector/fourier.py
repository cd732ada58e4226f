"""The algebra of small convolutions: which sums of pixels are to be multiplied with which sums of taps, and then added.

A line of pixels with a zero behind it repeats like a wave, and to convolve waves is to multiply their coefficients. Of
a real map half of them tell the other half, and a complex product is three real ones (Gauss's trick). So 7 x 7 outputs
of a 3 x 3 kernel take 94 products in place of 441: one for each of 4 real coefficients, three for each of 30 others.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

_LARGEST_TILE = 7
_TAPS = range(1, -2, -1)
"""Pixels from which an output is seen by each tap: the network's convolution does not mirror its kernel."""


@dataclass(frozen=True)
class Axis:
    """How a line of pixels is cut into tiles of outputs, each with the window of pixels that it sees.

    Windows overlap by two pixels, one on either side of their tile. That of a whole line needs none: there are zeros.
    """

    pixels: int

    @property
    def tiles(self) -> int:
        """Count the tiles."""
        return -(-self.pixels // _LARGEST_TILE)

    @property
    def tile(self) -> int:
        """Count the outputs of a tile; the last may reach beyond the line."""
        return -(-self.pixels // self.tiles)

    @property
    def reach(self) -> int:
        """Count the pixels of a window on either side of its tile."""
        return int(self.tiles > 1)

    @property
    def window(self) -> int:
        """Count the pixels of a window."""
        return self.tile + 2 * self.reach

    @property
    def padding(self) -> tuple[int, int]:
        """Count the zeros before and behind the line that the windows see."""
        return self.reach, self.reach + self.tiles * self.tile - self.pixels

    def waves(self, places: range) -> Tensor:
        """Give every wave's values at pixels counted from a tile's first."""
        length = self.tile + 1 + self.reach
        return torch.exp(-2j * torch.pi / length * torch.outer(torch.arange(length), torch.tensor(places)).double())


@dataclass(frozen=True)
class Algorithm:
    """R products of P pixels of a window, summed by one matrix, with the 9 taps, summed by another, give Q outputs."""

    window_rp: Tensor
    kernel_r9: Tensor
    output_qr: Tensor


@lru_cache(maxsize=32)
def algorithm_of(y: Axis, x: Axis, dtype: torch.dtype) -> Algorithm:
    """Find the algorithm for tiles of two axes."""
    seen, taps, drawn = (
        torch.kron(y.waves(rows), x.waves(columns))
        for rows, columns in (
            (range(-y.reach, y.tile + y.reach), range(-x.reach, x.tile + x.reach)),
            (_TAPS, _TAPS),
            (range(y.tile), range(x.tile)),
        )
    )
    high, wide = len(y.waves(_TAPS)), len(x.waves(_TAPS))
    each = torch.arange(high * wide).view(high, wide)
    mirrored = each.flip(0, 1).roll((1, 1), (0, 1)).flatten()
    real, pair = each.flatten() == mirrored, each.flatten() < mirrored
    drawn = drawn / len(drawn)
    rows = (
        (seen.real[real], taps.real[real], drawn.real[real]),
        ((seen.real + seen.imag)[pair], taps.real[pair], 2 * (drawn.real + drawn.imag)[pair]),
        (seen.real[pair], (taps.imag - taps.real)[pair], 2 * drawn.imag[pair]),
        (seen.imag[pair], (taps.real + taps.imag)[pair], -2 * drawn.real[pair]),
    )
    window, kernel, output = (torch.cat(parts).to(dtype) for parts in zip(*rows, strict=True))
    return Algorithm(window, kernel, output.T.contiguous())
