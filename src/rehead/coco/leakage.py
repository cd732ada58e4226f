"""Splits against one another: no picture is in two of them, be it changed a little or turned.

What is certain refuses the dataset: one file, one content, one picture turned or mirrored. Near copies (see `twins`
for what that is, and how often it errs) only warn, since frames of one film are near copies too and somebody may have
to live with them. A policy of `drop` leaves those out that would be trained on, never those that are scored.

Splits that were cut here are held to the same. Near copies are not moved together, for whoever moves an image because
of another one moves old images when new ones come (see `splitting`): they are named, and `data.group` is the cure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rehead.coco.faults import FaultLog, FileFaults, shortened
from rehead.coco.parts import SPLITS
from rehead.coco.records import Dataset, ImageRecord, chosen
from rehead.coco.symmetries import WAYS
from rehead.coco.twins import find_twins

_SURE = {"leak-file": "is the same file as", "leak-bytes": "has the bytes of", "leak-pixels": "has the pixels of"}
_NAMED = 5


@dataclass(frozen=True)
class _Member:
    """An image of a split."""

    split: str
    image: ImageRecord


@dataclass
class _Kinship:
    """Who is like whom, by place in one list of members: code and reason of each likeness to a member before it."""

    leaks: dict[int, dict[int, tuple[str, str]]]
    similar: list[tuple[int, int]]


def check_splits(
    splits: Mapping[str, Dataset], files: Mapping[str, Path], log: FaultLog, *, inside: bool = True
) -> dict[str, Dataset]:
    """Compare every split with those before it; faults name the later one's file.

    `inside` says whether near copies inside each split are counted too. Returns the splits without the images that
    the policy leaves out.
    """
    names = sorted(splits, key=lambda name: SPLITS.index(name) if name in SPLITS else -1)
    members = [_Member(name, image) for name in names for image in splits[name].images]
    kinship = _kinship(members)
    left_out: dict[str, set[int]] = {name: set() for name in names}
    for place, twins in kinship.leaks.items():
        code, reason = min(twins.values(), key=lambda found: [*_SURE, "leak-turned", "leak-near"].index(found[0]))
        twin = next(members[other] for other, found in twins.items() if found == (code, reason))
        member, more = members[place], f" and {len(twins) - 1} more" if len(twins) > 1 else ""
        names_of = (f"{shortened(one.image.file_name)} of {one.split}" for one in (member, twin))
        text = f"leak: {f' {reason} '.join(names_of)}{more}"
        log.add(code, files[member.split], f"images[id={member.image.id}]", text)
        for other in (members[other] for other, found in twins.items() if log.actions[found[0]] == "drop"):
            left_out[other.split].add(other.image.id)
    if inside:
        _note_similar(members, kinship.similar, files, log)
    return {name: _without(data, left_out[name], log.of(files[name])) for name, data in splits.items()}


def _without(data: Dataset, ids: set[int], faults: FileFaults) -> Dataset:
    if not ids:
        return data
    kept = chosen(data, (image for image in data.images if image.id not in ids))
    if data.annotations and not kept.annotations:
        faults.add("annotations-none", "annotations", "no objects are left without the images that leak")
    return kept


def _kinship(members: Sequence[_Member]) -> _Kinship:
    """Compare files, contents and looks; each likeness counts once, as the surest that it is."""
    kinship = _Kinship({}, [])
    seen: dict[tuple[str, str], list[int]] = {}
    for place, member in enumerate(members):
        for code, key in _keys(member.image):
            holders = seen.setdefault((code, key), [])
            for other in holders:
                if members[other].split != member.split:
                    kinship.leaks.setdefault(place, {}).setdefault(other, (code, _SURE[code]))
            holders.append(place)
    looks = [b"" if member.image.facts is None else member.image.facts.look for member in members]
    parts = np.unique([member.split for member in members], return_inverse=True)[1] if members else np.zeros(0, int)
    twins = find_twins(looks, parts)
    for (other, place), way in zip(twins.pairs_p2.tolist(), twins.ways_p.tolist(), strict=True):
        if members[other].split != members[place].split:
            turned = ("leak-turned", f"is, {WAYS[way]}, the same picture as")
            told = turned if way else ("leak-near", "is nearly the same picture as")
            kinship.leaks.setdefault(place, {}).setdefault(other, told)
        elif _pixels(members[other]) != _pixels(members[place]):
            kinship.similar.append((other, place))
    return kinship


def _keys(image: ImageRecord) -> Iterator[tuple[str, str]]:
    yield "leak-file", str(image.path or image.file_name)
    if image.facts is not None:
        yield "leak-bytes", image.facts.sha256
        yield "leak-pixels", image.facts.pixels


def _pixels(member: _Member) -> str:
    return "" if member.image.facts is None else member.image.facts.pixels


def _note_similar(
    members: Sequence[_Member], pairs: Sequence[tuple[int, int]], files: Mapping[str, Path], log: FaultLog
) -> None:
    """Count the near copies inside each split: they teach little that is new, and count twice in a score."""
    for split in dict.fromkeys(members[place].split for _, place in pairs):
        own = [pair for pair in pairs if members[pair[1]].split == split]
        count = len({place for pair in own for place in pair})
        named = [" ~ ".join(shortened(members[place].image.file_name) for place in pair) for pair in own[:_NAMED]]
        rest = f" and {len(own) - _NAMED} more pairs" if len(own) > _NAMED else ""
        text = f"{count} images of {split} are near copies of others in it: {', '.join(named)}{rest}"
        log.add("images-similar", files[split], "images", text)
