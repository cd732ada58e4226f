"""Run lengths that others wrote, checked before native code sees them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rehead.coco import rle
from rehead.coco.counts import CountsError, counts_from_string
from rehead.coco.faults import FileFaults


def read_run_lengths(value: dict[str, Any], height: int, width: int, where: str, faults: FileFaults) -> rle.Rle | None:
    """Read an RLE object, compressed or not, of a height x width image as a compressed one; None if it cannot stay."""
    if not _has_size(value.get("size"), height, width, where, faults):
        return None
    read = _counts(value.get("counts"), height * width)
    if isinstance(read, str):
        faults.add("rle-counts", f"{where}.counts", f"RLE counts: {read}", value=value.get("counts"))
        return None
    counts = read.counts
    if not (counts[1:] == 0).any():
        text = value["counts"]
        if type(text) is str:
            return {"size": [height, width], "counts": text}
        return rle.counts_to_rle(counts, height, width)
    message = "RLE has zero-length runs between others, at which evaluators stop: re-encoded"
    if not faults.keeps("rle-zero-run", f"{where}.counts", message):
        return None
    return rle.counts_to_rle(_without_zeros(counts), height, width)


@dataclass(frozen=True)
class _Counts:
    counts: np.ndarray


def _counts(value: Any, total: int) -> _Counts | str:
    """Read counts in either form and prove that they fill the image; returns the reason if they do not."""
    if type(value) is str:
        if len(value) > 7 * (total + 1):
            return f"the string of {len(value)} characters is too long for {total} pixels"
        try:
            counts = counts_from_string(value)
        except CountsError as error:
            return str(error)
    elif type(value) is list:
        if not value:
            return "the list is empty"
        if len(value) > total + 1:
            return f"{len(value)} runs are more than {total} pixels can hold"
        if set(map(type, value)) != {int}:
            return "they must all be integers"
        if min(value) < 0 or max(value) > total:
            return f"a run is negative or longer than the image's {total} pixels"
        counts = np.array(value, dtype=np.int64)
    else:
        return "they must be a string or a list"
    if int(counts.min()) < 0 or int(counts.max()) > total or len(counts) > total + 1:
        return f"a run is negative or too long, or there are more than {total} pixels can hold"
    if int(counts.sum()) != total:
        return f"their sum {int(counts.sum())} is not the image's h*w = {total} pixels"
    return _Counts(counts)


def _has_size(size: Any, height: int, width: int, where: str, faults: FileFaults) -> bool:
    """Prove that an RLE's size is its image's."""
    if type(size) is list and len(size) == 2 and set(map(type, size)) == {int} and size == [height, width]:
        return True
    hint = "; it is [width, height], transposed" if size == [width, height] else ""
    text = f"RLE size does not match the image's [height, width] = [{height}, {width}]{hint}"
    faults.add("rle-size", f"{where}.size", text, value=size)
    return False


def _without_zeros(counts: np.ndarray) -> np.ndarray:
    """Merge the runs around those of length zero; the first run may stay zero."""
    colour = np.arange(len(counts)) % 2
    colour, counts = colour[counts > 0], counts[counts > 0]
    starts = np.flatnonzero(np.concatenate(([True], colour[1:] != colour[:-1])))
    merged = np.add.reduceat(counts, starts)
    return np.concatenate(([0], merged)) if colour[0] else merged
