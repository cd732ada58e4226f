"""Run lengths that others wrote, checked before native code sees them."""

from typing import Any

from rehead.coco import rle
from rehead.coco.counts import CountsError, counts_from_string
from rehead.coco.faults import FileFaults


def read_run_lengths(value: dict[str, Any], height: int, width: int, where: str, faults: FileFaults) -> rle.Rle | None:
    """Read an RLE object, compressed or not, of a height x width image as a compressed one; None if it cannot stay."""
    if not _has_size(value.get("size"), height, width, where, faults):
        return None
    try:
        counts = _counts(value.get("counts"), height * width)
    except CountsError as error:
        faults.add("rle-counts", f"{where}.counts", f"RLE counts: {error}", value=value.get("counts"))
        return None
    if 0 not in counts[1:]:
        text = value["counts"]
        if type(text) is str:
            return {"size": [height, width], "counts": text}
        return rle.counts_to_rle(counts, height, width)
    message = "RLE has zero-length runs between others, at which evaluators stop: re-encoded"
    if not faults.keeps("rle-zero-run", f"{where}.counts", message):
        return None
    return rle.counts_to_rle(_without_zeros(counts), height, width)


def _counts(value: Any, total: int) -> list[int]:
    """Read counts in either form and prove that they fill the image; raises CountsError."""
    if type(value) is str:
        if len(value) > 7 * (total + 1):
            raise CountsError(f"the string of {len(value)} characters is too long for {total} pixels")
        value = counts_from_string(value)
    if type(value) is not list:
        raise CountsError("they must be a string or a list")
    if not value:
        raise CountsError("the list is empty")
    if len(value) > total + 1:
        raise CountsError(f"{len(value)} runs are more than {total} pixels can hold")
    if set(map(type, value)) != {int}:
        raise CountsError("they must all be integers")
    if min(value) < 0 or max(value) > total:
        raise CountsError(f"a run is negative or longer than the image's {total} pixels")
    if sum(value) != total:
        raise CountsError(f"their sum {sum(value)} is not the image's h*w = {total} pixels")
    return value


def is_size(size: Any, height: int, width: int) -> bool:
    """Tell whether an RLE's size is [height, width], as integers."""
    return type(size) is list and len(size) == 2 and set(map(type, size)) == {int} and size == [height, width]


def _has_size(size: Any, height: int, width: int, where: str, faults: FileFaults) -> bool:
    """Prove that an RLE's size is its image's."""
    if is_size(size, height, width):
        return True
    hint = "; it is [width, height], transposed" if size == [width, height] else ""
    text = f"RLE size does not match the image's [height, width] = [{height}, {width}]{hint}"
    faults.add("rle-size", f"{where}.size", text, value=size)
    return False


def _without_zeros(counts: list[int]) -> list[int]:
    """Join the runs around those of length zero; the first run, of zeros, may stay empty."""
    joined = [0]
    colour = 0
    for at, count in enumerate(counts):
        if count and at % 2 != colour:
            joined.append(count)
            colour = at % 2
        else:
            joined[-1] += count
    return joined
