"""PNG files whose bytes depend on the pixels alone: stored, since compressors differ between machines.

The format is PNG (W3C, third edition) around zlib's stored blocks (RFC 1950 and RFC 1951, 3.2.4).
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_LONGEST_BLOCK = 65535


def png_of(pixels_hw3: NDArray[np.uint8]) -> bytes:
    """Write 8-bit RGB pixels as a PNG file."""
    height, width, _ = pixels_hw3.shape
    unfiltered = np.zeros((height, 1 + 3 * width), dtype=np.uint8)
    unfiltered[:, 1:] = pixels_hw3.reshape(height, 3 * width)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header), _chunk(b"IDAT", _stored(unfiltered.tobytes())), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _stored(data: bytes) -> bytes:
    """Wrap data into a zlib stream without compressing it."""
    starts = range(0, len(data), _LONGEST_BLOCK)
    blocks = [_block(data[at : at + _LONGEST_BLOCK], last=at == starts[-1]) for at in starts]
    return b"\x78\x01" + b"".join(blocks) + struct.pack(">I", zlib.adler32(data))


def _block(data: bytes, *, last: bool) -> bytes:
    return struct.pack("<BHH", last, len(data), len(data) ^ 0xFFFF) + data


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
