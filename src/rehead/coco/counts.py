"""COCO's compressed run lengths, read here so that no native code sees an unchecked string.

The format (cocoapi, maskApi.c, rleToString): each count is cut into 5-bit groups, low first, each stored as the
character 48 + group + 32 if another follows; bit 16 of the last group is the sign. From the fourth count on, the
difference to the count before last is stored.
"""

_MOST_GROUPS = 7  # 35 bits hold any difference of two 32-bit counts
_ALPHABET = bytes(range(48, 112))


class CountsError(ValueError):
    """A string that is not compressed run lengths; the message says why."""


def counts_from_string(text: str) -> list[int]:
    """Decode to counts; raises CountsError. The counts may still be negative or add up wrongly.

    A plain loop: most strings are some hundred characters, too few for arrays to pay (measured up to 250).
    """
    counts: list[int] = []
    value = shift = 0
    for code in _codes(text):
        code -= 48
        value |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        if shift > 5 * _MOST_GROUPS:
            raise CountsError("a count is longer than 32 bits")
        if code & 16:
            value -= 1 << shift
        if len(counts) > 2:
            value += counts[-2]
        counts.append(value)
        value = shift = 0
    if shift:
        raise CountsError("the string ends in the middle of a count")
    return counts


def _codes(text: str) -> bytes:
    """Turn the characters into bytes, refusing what the alphabet (`0` to `o`) does not have."""
    if not text:
        raise CountsError("the string is empty")
    codes = text.encode("utf-8", "surrogatepass")
    if codes.translate(None, _ALPHABET):
        raise CountsError("the string has characters outside the run-length alphabet")
    return codes
