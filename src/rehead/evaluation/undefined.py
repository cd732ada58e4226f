"""Why a number of a score is undefined: there is nothing that it could be about."""

from collections.abc import Mapping, Sequence
from typing import Any

from rehead.evaluation.coco_map import HEADS, Metrics, Scores
from rehead.evaluation.matching import AREAS

_SIZES = {
    "s": (1, "of up to 32x32 pixels"),
    "m": (2, "from 32x32 to 96x96 pixels"),
    "l": (3, "of 96x96 pixels or more"),
}
_NONE_OF_CLASS = "no object of this class to find"


def reasons(truth: Mapping[str, Any], scores: Scores) -> dict[str, str]:
    """Say of each number that is None why it is, by name (`mask.APs`), and of each class without a score."""
    objects = _objects(truth)
    empty = [name for name, row in scores.per_class.items() if objects and not row["annotations"]]
    of_heads = _reasons(objects, {head: getattr(scores, head) for head in HEADS})
    return of_heads | {f"per_class.{name}": _NONE_OF_CLASS for name in empty}


def class_reasons(truth: Mapping[str, Any], table: Mapping[str, Mapping[str, Metrics]], *, key: str) -> dict[str, str]:
    """Say so of each class's numbers in what `full_table` returned, which stands below `key`: `<key>.nut.mask.APs`.

    A class without objects has one reason for all of them, `<key>.nut`.
    """
    numbers = {one["id"]: one["name"] for one in truth["categories"]}
    own: dict[str, list[Mapping[str, Any]]] = {name: [] for name in table}
    for one in _objects(truth):
        own[numbers[one["category_id"]]].append(one)
    found = {f"{key}.{name}": _NONE_OF_CLASS for name, objects in own.items() if not objects}
    for name, objects in own.items():
        of_heads = _reasons(objects, table[name]) if objects else {}
        found |= {f"{key}.{name}.{number}": reason for number, reason in of_heads.items()}
    return found


def _objects(truth: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in truth["annotations"] if not one["iscrowd"]]


def _reasons(objects: Sequence[Mapping[str, Any]], heads: Mapping[str, Metrics]) -> dict[str, str]:
    found = {}
    for head, numbers in heads.items():
        measured = not objects or any(value is not None for value in numbers.values())
        for name in (name for name, value in numbers.items() if value is None):
            found[f"{head}.{name}"] = _missing(objects, name) if measured else _unmeasured(head)
    return found


def _missing(objects: Sequence[Mapping[str, Any]], name: str) -> str:
    """Say which objects a number would need."""
    if not objects:
        return "no object to find"
    area, size = _SIZES[name[-1]]
    low, high = AREAS[area]
    assert not any(low <= one["area"] <= high for one in objects), f"{name} is undefined though such objects exist"
    return f"no object {size} to find"


def _unmeasured(head: str) -> str:
    return "the results hold no boxes" if head == "box" else "the results hold no masks"
