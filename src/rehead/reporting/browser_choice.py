"""Which pictures of a split are worth a place in the page."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

_RANKINGS = ("worst", "label errors", "surprising", "best")


def choose_images(analysis: Mapping[str, Any], images: Iterable[int], *, limit: int) -> dict[str, list[int]]:
    """Choose at most `limit` of a split's images; returns their ids by group, each group in its own order.

    Rankings and label errors of analysis.json choose in turn, then come the images of the lowest quality. An image may
    be in several groups; under "all" stand all that were chosen, worst first, as far as that is known.
    """
    known = list(images)
    quality = {one["image_id"]: one["quality"] for one in analysis.get("images") or []}
    by_quality = sorted(known, key=lambda one: quality.get(one, 1.0))
    named = dict(analysis.get("rankings") or {})
    named["label errors"] = [one["image_id"] for one in analysis.get("label_errors") or []]
    wanted = {name: [one for one in dict.fromkeys(named.get(name) or []) if one in known] for name in _RANKINGS}
    turns = [one for turn in zip_longest(*wanted.values()) for one in turn if one is not None]
    chosen = set(list(dict.fromkeys([*turns, *by_quality]))[:limit])
    groups = wanted | {"all": by_quality}
    kept = {name: [one for one in ids if one in chosen] for name, ids in groups.items()}
    return {name: ids for name, ids in kept.items() if ids}
