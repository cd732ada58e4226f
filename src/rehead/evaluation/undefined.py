"""Why a number of a score is undefined: there is nothing that it could be about."""

from collections.abc import Mapping
from typing import Any

from rehead.evaluation.coco_map import HEADS, Scores
from rehead.evaluation.matching import AREAS

_SIZES = {
    "s": (1, "of up to 32x32 pixels"),
    "m": (2, "from 32x32 to 96x96 pixels"),
    "l": (3, "of 96x96 pixels or more"),
}


def reasons(truth: Mapping[str, Any], scores: Scores) -> dict[str, str]:
    """Say of each number that is None why it is, by name (`mask.APs`), and of each class without a score."""
    objects = [one for one in truth["annotations"] if not one["iscrowd"]]
    found = {}
    for head in HEADS:
        numbers = getattr(scores, head)
        measured = not objects or any(value is not None for value in numbers.values())
        for name in (name for name, value in numbers.items() if value is None):
            found[f"{head}.{name}"] = _missing(objects, name) if measured else _unmeasured(head)
    empty = [name for name, row in scores.per_class.items() if objects and not row["annotations"]]
    return found | {f"per_class.{name}": "no object of this class to find" for name in empty}


def _missing(objects: list[dict[str, Any]], name: str) -> str:
    """Say which objects a number would need."""
    if not objects:
        return "no object to find"
    area, size = _SIZES[name[-1]]
    low, high = AREAS[area]
    assert not any(low <= one["area"] <= high for one in objects), f"{name} is undefined though such objects exist"
    return f"no object {size} to find"


def _unmeasured(head: str) -> str:
    return "the results hold no boxes" if head == "box" else "the results hold no masks"
