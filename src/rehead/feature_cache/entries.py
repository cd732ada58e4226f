"""One image's features as bytes: BLAKE3 of all that follows, the length of a JSON header, the header, the maps.

Maps lie rows first and channels last, as convolutions on a CPU want them, each on a boundary of 64 bytes, so that they
can be used where the file is mapped into memory.
"""

import json
import mmap
from pathlib import Path

import torch
from blake3 import blake3
from torch import Tensor

from rehead.detector.trunk import Features

_DIGEST_BYTES, _LENGTH_BYTES, _ALIGNMENT = 32, 8, 64
_LARGEST_HALF = 6e4
_DTYPES = {"float16": torch.float16, "float32": torch.float32}


class DamagedError(ValueError):
    """An entry is not what was written."""


def rounded(features_chw: Features, *, half: bool = True) -> Features:
    """Give features as they are kept, on the CPU: in half precision where all values of a map fit, else in single.

    Half precision moves a value by at most 1/2048 of itself.
    """
    return {name: _rounded(value.detach().cpu(), half=half) for name, value in features_chw.items()}


def _rounded(map_chw: Tensor, *, half: bool) -> Tensor:
    fits = half and float(map_chw.abs().amax()) < _LARGEST_HALF
    rows_hwc = map_chw.permute(1, 2, 0).to(torch.float16 if fits else torch.float32).contiguous()
    return rows_hwc.permute(2, 0, 1)


def packed(features_chw: Features) -> bytes:
    """Write what `rounded` gave as one entry."""
    rows = {name: value.permute(1, 2, 0).contiguous() for name, value in features_chw.items()}
    kinds = {dtype: name for name, dtype in _DTYPES.items()}
    header = json.dumps([[name, kinds[value.dtype], list(value.shape)] for name, value in rows.items()]).encode()
    head = len(header).to_bytes(_LENGTH_BYTES, "little") + header
    parts = [head + bytes(_padding(_DIGEST_BYTES + len(head)))]
    for value in rows.values():
        data = value.numpy().tobytes()
        parts.append(data + bytes(_padding(len(data))))
    body = b"".join(parts)
    return blake3(body).digest() + body


def unpacked(path: Path) -> Features:
    """Map an entry into memory and give its features CHW, after checking them.

    Raises DamagedError where a byte differs from what was written, FileNotFoundError where there is no such entry.
    """
    with path.open("rb") as stream:
        try:
            # Private pages: torch wants memory that it may write to, and the file stays as it is.
            data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
        except ValueError:
            raise DamagedError(f"{path} is empty") from None
    view = memoryview(data)
    if len(data) < _DIGEST_BYTES + _LENGTH_BYTES or blake3(view[_DIGEST_BYTES:]).digest() != view[:_DIGEST_BYTES]:
        raise DamagedError(f"{path} is damaged")
    start = _DIGEST_BYTES + _LENGTH_BYTES
    stop = start + int.from_bytes(view[_DIGEST_BYTES:start], "little")
    features, offset = {}, stop + _padding(stop)
    for name, kind, shape in json.loads(bytes(view[start:stop])):
        count = torch.Size(shape).numel()
        rows_hwc = torch.frombuffer(data, dtype=_DTYPES[kind], count=count, offset=offset).view(shape)
        features[name] = rows_hwc.permute(2, 0, 1)
        offset += rows_hwc.nbytes + _padding(rows_hwc.nbytes)
    return features


def _padding(length: int) -> int:
    return -length % _ALIGNMENT
