"""Which group an image belongs to, by its file name or by a key of its entry in the source: a group is never parted."""

import re
from collections import Counter
from collections.abc import Mapping

from rehead.coco.faults import FileFaults, shortened
from rehead.coco.plan import GroupKey
from rehead.coco.records import Dataset, ImageRecord

_NAMED = 5


def group_of(image: ImageRecord, group: GroupKey | str | None) -> str | None:
    """Name an image's group: the first capture in its file name, or the text or whole number under its key.

    None stands for an image without a group. Keys are looked up in the image's own entry, so the source must have been
    read with its entries kept.
    """
    if group is None:
        return None
    if isinstance(group, str):
        found = re.search(group, image.file_name)
        return found.group(1) or None if found else None
    value = (image.entry or {}).get(group.key)
    return str(value) if type(value) in (str, int) and value != "" else None


def check_groups(given: Mapping[str, Dataset], group: GroupKey | str | None, faults: FileFaults) -> None:
    """Note images without a group, and groups of which two of the source's own splits have images."""
    if group is None:
        return
    shown = f"data.group {shortened(group)}" if isinstance(group, str) else f"the key {shortened(group.key)}"
    held: dict[str, Counter[str]] = {}
    for split, data in given.items():
        alone = []
        for image in data.images:
            name = group_of(image, group)
            if name is None:
                alone.append(shortened(image.file_name))
            else:
                held.setdefault(name, Counter())[split] += 1
        if alone:
            some = ", ".join(alone[:_NAMED]) + (f" and {len(alone) - _NAMED} more" if len(alone) > _NAMED else "")
            text = f"{len(alone)} of {len(data.images)} images of {split} have no group by {shown}: {some}"
            faults.add("group-missing", "images", text)
    for name, splits in held.items():
        if len(splits) > 1:
            counts = " and ".join(f"{split} ({count})" for split, count in splits.items())
            faults.add("leak-group", "images", f"leak: images of group {shortened(name)} are in {counts}", value=name)
