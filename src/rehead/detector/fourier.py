"""The algebra of small convolutions: which sums of pixels are multiplied with which sums of taps, and added up then.

A line of pixels with a zero behind it repeats like a wave, and to convolve waves is to multiply their coefficients. Of
a real map half of them tell the other half, and a complex product is three real ones (Gauss's trick). So 7 x 7 outputs
of a 3 x 3 kernel take 94 products in place of 441: one for each of 4 real coefficients, three for each of 30 others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

TILES_AT_ONCE = 128
"""Rows enough for products at full speed; at 256 channels they take 12 MB on either side."""
_LARGEST_TILE = 7
_TAPS = range(1, -2, -1)
"""Pixels from which an output is seen by each tap: the network's convolution does not mirror its kernel."""

Part = tuple[slice, slice]
"""Some maps, and some of the rows of tiles that each is cut into."""


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


class Tiling:
    """How maps N,H,W,C are cut into tiles N,Y,X,Q,Q,C of outputs, and windows N,Y,X,P,P,C of what they are made of."""

    def __init__(self, shape_nhw: Sequence[int]) -> None:
        """Lay out the cuts of N maps of H x W pixels."""
        self.maps, height, width = shape_nhw
        self.y, self.x = Axis(height), Axis(width)
        self.whole = self.y.tiles * self.x.tiles == 1
        """Whether each map is one tile."""

    def parts(self) -> list[Part]:
        """List parts of about as many tiles as are held at once, at least one: whole maps, or rows of tiles of one."""
        every = self.y.tiles
        rows = min(every, -(-TILES_AT_ONCE // self.x.tiles))
        maps = max(1, TILES_AT_ONCE // (every * self.x.tiles))
        return [
            (slice(first, first + maps), slice(row, min(row + rows, every)))
            for first in range(0, max(self.maps, 1), maps)
            for row in range(0, every, rows)
        ]

    def windows(self, maps: Tensor, part: Part) -> Tensor:
        """Cut out a part's windows, zero beyond the maps."""
        y, (images, rows) = self.y, part
        top, bottom = rows.start * y.tile - y.reach, rows.stop * y.tile + y.reach
        margins = (0, 0, *self.x.padding, max(-top, 0), max(bottom - y.pixels, 0))
        seen = maps[images, max(top, 0) : bottom]
        return self.overlapping(functional.pad(seen, margins) if any(margins) else seen)

    def overlapping(self, margined: Tensor) -> Tensor:
        """See maps with their margins as windows."""
        y, x = self.y, self.x
        return margined.unfold(1, y.window, y.tile).unfold(2, x.window, x.tile).movedim(3, -1)

    def margined(self, maps: Tensor) -> Tensor:
        """Give room in the shape of maps with their margins, cleared where windows will be added up."""
        height, width = (axis.pixels + sum(axis.padding) for axis in (self.y, self.x))
        room = maps.new_empty(self.maps, height, width, maps.shape[-1])
        return room if self.whole else room.zero_()

    def inner(self, margined: Tensor) -> Tensor:
        """Take the margins off."""
        y, x = self.y, self.x
        return margined[:, y.reach : y.reach + y.pixels, x.reach : x.reach + x.pixels]

    def tiles(self, drawn: Tensor) -> Tensor:
        """See maps of whole tiles as tiles."""
        y, x = self.y, self.x
        return drawn.view(self.maps, y.tiles, y.tile, x.tiles, x.tile, drawn.shape[-1]).transpose(2, 3)

    def blank(self, like: Tensor, channels: int) -> Tensor:
        """Give room for whole tiles."""
        return like.new_empty(self.maps, self.y.tiles * self.y.tile, self.x.tiles * self.x.tile, channels)
