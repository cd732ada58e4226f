"""The `data` section of params.yaml: where the dataset comes from, how it is split, what is done about its faults."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from rehead.coco.kinds import Action
from rehead.coco.policy import chosen_actions
from rehead.params import Section

Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class ShapesPlan(Section):
    """The drawn dataset: images in each split, their side in pixels, the kinds of object.

    `visible` is the least share of an object that neither another object nor the border hides: with less in view a
    corner of a square is also one of a triangle. `seed` null takes the seed of the `data` section.
    """

    train: Count = 240
    val: Count = 60
    test: Count = 120
    size: Annotated[int, Field(ge=32, le=4096)] = 160
    visible: Annotated[float, Field(ge=0.1, le=1.0)] = 0.5
    kinds: tuple[str, ...] = ("circle", "square", "triangle", "star")
    seed: int | None = None


class TilePlan(Section):
    """Overlapping tiles that large images are cut into: their side in pixels, and the share that neighbours share."""

    size: Annotated[int, Field(ge=64, le=8192)] = 1024
    overlap: Annotated[float, Field(ge=0.05, le=0.5)] = 0.25


class GroupKey(Section):
    """A key of the source's image entries, such as `patient`, whose value names an image's group."""

    key: Annotated[str, Field(min_length=1)]


class DataPlan(Section):
    """What `ingest` reads and writes.

    `source` is `shapes` or the path of a dataset. `val` and `test` are the shares cut out where the source has no
    such split; `test: val` scores on the validation images, for sets too small to spare any. Images of one group stay
    in one split: `group` is a regular expression on file names whose first capture names the group, or `{key: NAME}`
    for a key of the image entries in the source. `policy` overrides the action taken on a fault, by its code; `rle-*`
    stands for all that begin so. `tile` cuts images larger than a tile, for training and for prediction; null does not.
    """

    source: str = Field(default="shapes", min_length=1)
    seed: int = 0
    val: Share = 0.15
    test: Share | Literal["val"] = 0.15
    group: GroupKey | str | None = None
    max_pixels: Annotated[int, Field(ge=1, le=178_000_000)] = 100_000_000
    policy: dict[str, Action] = Field(default_factory=dict)
    tile: TilePlan | None = None
    shapes: ShapesPlan = ShapesPlan()

    @field_validator("group", mode="before")
    @classmethod
    def _grouping(cls, group: Any) -> GroupKey | str | None:
        if isinstance(group, dict) and list(group) == ["key"] and group["key"] and isinstance(group["key"], str):
            return GroupKey(key=group["key"])
        if group is not None and not isinstance(group, str | GroupKey):
            raise ValueError("write a regular expression on file names, or {key: NAME} for a key of the image entries")
        return group

    @field_validator("group")
    @classmethod
    def _captures(cls, group: GroupKey | str | None) -> GroupKey | str | None:
        if isinstance(group, str):
            try:
                captures = re.compile(group).groups
            except re.error as error:
                raise ValueError(f"no regular expression: {error}") from None
            if not captures:
                raise ValueError("needs a capture that names the group, such as ^(wall[0-9]+)_")
        return group

    @field_validator("policy")
    @classmethod
    def _allowed(cls, policy: dict[str, Action]) -> dict[str, Action]:
        chosen_actions(policy)
        return policy
