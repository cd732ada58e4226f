"""Detections of overlapping tiles brought together: what several tiles saw of one object becomes one detection.

Parts are joined link by link, so an object may be larger than the tiles' overlap and than a tile; objects of one class
that touch stay apart, since they do not have the same pixels where two tiles can see both.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from rehead.coco.rle import Rle, crop_to_rle
from rehead.coco.windows import Window, crop_of
from rehead.evaluation.detections import Detections
from rehead.evaluation.overlaps import NEAR, Link, Part, View, links_between, parts_of

_SAME = 0.5
"""Least IoU, in the pixels that both tiles see, of two parts of one object."""
_REMNANT = 0.5
"""Least share of a cut part that lies in a larger part, to be what is left of that object in another tile."""

Group = list[Part]
Corners = NDArray[np.float32]


def join_views(views: Sequence[View], *, height: int, width: int, limit: int) -> Detections:
    """Join what the tiles of a height x width image found; returns the `limit` best, in pixels of the image.

    Score and box of a joined detection are means over the parts that no tile's border cuts, or where all are cut, the
    mean score by area and the box around them. On each pixel the parts vote whose tiles show it. The highest score
    and the union of masks would be biased: what several tiles look at would score higher and be larger.
    """
    tiles = [parts_of(view, height=height, width=width) for view in views]
    links = [link for pair in combinations(tiles, 2) for link in links_between(*pair)]
    groups = _without_remnants(_joined([part for parts in tiles for part in parts], links), links)
    best = sorted(groups, key=lambda group: -_score(group))[:limit]
    return Detections(
        np.array([_box(group) for group in best], np.float32).reshape(-1, 4),
        np.array([group[0].label for group in best], np.int64),
        np.array([_score(group) for group in best], np.float32),
        [voted_mask(group, height=height, width=width) for group in best],
    )


def _joined(parts: Sequence[Part], links: Iterable[Link]) -> list[Group]:
    """Join linked parts, the closest first; two parts of one tile never, since that tile told them apart."""
    groups = {part: [part] for part in parts}
    for link in sorted(links, key=_closeness):
        one, other = groups[link.first], groups[link.second]
        if link.iou >= _SAME and one is not other and _apart(one, other):
            one += other
            groups.update(dict.fromkeys(other, one))
    return list({id(group): group for group in groups.values()}.values())


def _closeness(link: Link) -> tuple[float, float]:
    """Order links, the closest first; where objects cover one another and links agree alike, those of like score."""
    return -link.iou, abs(link.first.score - link.second.score)


def _without_remnants(groups: Sequence[Group], links: Iterable[Link]) -> list[Group]:
    """Leave out what tiles saw of objects at their borders, if it lies in larger parts that other tiles saw."""
    group_of = {part: group for group in groups for part in group}
    around: dict[Part, list[Group]] = {part: [] for part in group_of}
    for link in links:
        for part, other, inside in (
            (link.first, link.second, link.first_inside),
            (link.second, link.first, link.second_inside),
        ):
            if inside >= _REMNANT and other.area > part.area:
                around[part].append(group_of[other])
    return [
        group
        for group in groups
        if not all(part.cut and any(_apart(group, larger) for larger in around[part]) for part in group)
    ]


def _apart(one: Group, other: Group) -> bool:
    """Tell whether no tile saw something of both."""
    return {part.tile for part in one}.isdisjoint(part.tile for part in other)


def _score(group: Group) -> float:
    telling = _uncut(group) or group
    return float(np.average([part.score for part in telling], weights=[max(part.area, 1) for part in telling]))


def _box(group: Group) -> Corners:
    """Average the boxes of uncut parts if they hold the whole mask; else take the box around all parts."""
    around = _around(group)
    if uncut := _uncut(group):
        mean = np.mean([part.box_4 for part in uncut], axis=0)
        sticks_out = np.array([mean[0] - around.x, mean[1] - around.y, around.right - mean[2], around.bottom - mean[3]])
        if (sticks_out <= NEAR).all():
            return mean
    boxes_n4 = np.stack([part.box_4 for part in group])
    return np.concatenate([boxes_n4[:, :2].min(axis=0), boxes_n4[:, 2:].max(axis=0)])


def voted_mask(group: Group, *, height: int, width: int) -> Rle:
    """Let parts vote on each pixel in a crop that holds them all; of two that differ, the one of higher score wins."""
    around = _around(group)
    votes_hw = np.zeros((around.height, around.width))
    for part in group:
        vote, shown, mask = 1.0 + part.score, part.tile.common(around), part.bounds
        votes_hw[_slices(shown, around)] -= vote
        votes_hw[_slices(mask, around)] += 2.0 * vote * crop_of(part.mask).mask_hw
    return crop_to_rle(votes_hw > 0, around.x, around.y, height, width)


def _uncut(group: Group) -> Group:
    return [part for part in group if not part.cut]


def _around(group: Group) -> Window:
    """Give the window that holds the masks of all parts."""
    x, y = min(part.bounds.x for part in group), min(part.bounds.y for part in group)
    right, bottom = max(part.bounds.right for part in group), max(part.bounds.bottom for part in group)
    return Window(x, y, right - x, bottom - y)


def _slices(window: Window, around: Window) -> tuple[slice, slice]:
    inside = window.moved(-around.x, -around.y)
    return slice(inside.y, inside.bottom), slice(inside.x, inside.right)
