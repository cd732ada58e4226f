"""COCO's compressed run lengths, read and written here so that no native code sees an unchecked string.

The format (cocoapi, maskApi.c, rleToString): each count is cut into 5-bit groups, low first, each stored as the
character 48 + group + 32 if another follows; bit 16 of the last group is the sign. From the fourth count on, the
difference to the count before last is stored.
"""

import numpy as np

_MOST_GROUPS = 7  # 35 bits hold any difference of two 32-bit counts


class CountsError(ValueError):
    """A string that is not compressed run lengths; the message says why."""


def counts_from_string(text: str) -> np.ndarray:
    """Decode to int64 counts; raises CountsError. The counts may still be negative or add up wrongly."""
    codes = _codes(text)
    more = codes >= 32
    if more[-1]:
        raise CountsError("the string ends in the middle of a count")
    lasts = np.flatnonzero(~more)
    firsts = np.concatenate(([0], lasts[:-1] + 1))
    lengths = lasts - firsts + 1
    if int(lengths.max()) > _MOST_GROUPS:
        raise CountsError("a count is longer than 32 bits")
    place = np.arange(len(codes)) - np.repeat(firsts, lengths)
    counts = np.add.reduceat((codes & 31) << (5 * place), firsts)
    counts[(codes[lasts] & 16) != 0] -= 1 << (5 * lengths[(codes[lasts] & 16) != 0])
    for start in (1, 2):
        counts[start::2] = np.cumsum(counts[start::2])
    return counts


def string_from_counts(counts: np.ndarray) -> str:
    """Encode int64 counts, the same characters as cocoapi's."""
    differences = counts.astype(np.int64)
    differences[3:] -= counts[1:-2]
    groups = differences[:, None] >> (5 * np.arange(_MOST_GROUPS))
    low = groups & 31
    rest = groups >> 5
    more = np.where(low & 16, rest != -1, rest != 0)
    used = np.cumprod(np.concatenate((np.ones((len(counts), 1), dtype=bool), more[:, :-1]), axis=1), axis=1) == 1
    return (low + 32 * more + 48)[used].astype(np.uint8).tobytes().decode("ascii")


def _codes(text: str) -> np.ndarray:
    """Turn characters into 6-bit codes, refusing what the alphabet (`0` to `o`) does not have."""
    if not text:
        raise CountsError("the string is empty")
    if not text.isascii():
        raise CountsError("the string has characters outside ASCII")
    codes = np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64) - 48
    if int(codes.min()) < 0 or int(codes.max()) > 63:
        raise CountsError("the string has characters outside the run-length alphabet")
    return codes
