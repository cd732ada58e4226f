"""Groups of images that belong together, such as frames of a video or photographs of one wall, told by file names."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PATTERNS = (
    r"^(.+)_(?:jpe?g|png|webp|bmp|tiff?)\.rf\.[^/]*$",
    r"^(.*\d[^/]*)/[^/]+$",
    r"^(.*\d[^/]*?)[_-][A-Za-z]*\d+\.\w+$",
)
"""Copies that an export augmented; a folder with a number in its name; a name with a number before the last number."""
_LONGEST_NAME = 255
"""The patterns take time with the cube of a name's length."""
_LEAST_GROUPS = 10
_LARGEST_SHARE = 0.2
_LEAST_GROUPED = 0.5


@dataclass(frozen=True)
class Grouping:
    """A regular expression whose first capture names an image's group, and how many groups it makes."""

    pattern: str
    groups: int
    largest: int
    example: str

    def parted(self, splits: Iterable[Iterable[str]]) -> str | None:
        """Name a group of which two splits have images, None if there is none."""
        found: set[str] = set()
        for names in splits:
            groups = {match[1] for match in (re.search(self.pattern, name) for name in names) if match}
            if found & groups:
                return min(found & groups)
            found |= groups
        return None


def propose_grouping(names: Sequence[str]) -> Grouping | None:
    """Find the first pattern that clearly groups the names.

    It fits all of them, makes ten groups or more, none with over a fifth of the images, and at least half of the
    images share a group with another one. The number in a group's name tells walls and patients from classes.
    """
    if max(map(len, names), default=0) > _LONGEST_NAME:
        return None
    for pattern in _PATTERNS:
        matches = [re.search(pattern, name) for name in names]
        counts = Counter(match[1] for match in matches if match)
        if not all(matches) or len(counts) < _LEAST_GROUPS:
            continue
        shared = sum(count for count in counts.values() if count > 1)
        example, largest = counts.most_common(1)[0]
        if largest <= _LARGEST_SHARE * len(names) and shared >= _LEAST_GROUPED * len(names):
            return Grouping(pattern, len(counts), largest, example)
    return None
