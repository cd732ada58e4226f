"""The `data` section of params.yaml: where the dataset comes from, how it is split, what is done about its faults."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from rehead.coco.kinds import Action
from rehead.coco.outlines import OUTLINES
from rehead.coco.policy import chosen_actions
from rehead.params import Section

Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class ShapesPlan(Section):
    """The drawn dataset."""

    train: Count = 240
    """Images to train on."""
    val: Count = 60
    """Images to choose the best epoch by."""
    test: Count = 120
    """Images to score on."""
    size: Annotated[int, Field(ge=32, le=4096)] = 160
    """Side of the images in pixels."""
    visible: Annotated[float, Field(ge=0.1, le=1.0)] = 0.5
    """Least share of an object that neither another object nor the border hides: with less in view a corner of a square
    is also one of a triangle."""
    kinds: tuple[str, ...] = ("circle", "square", "triangle", "star")
    """The kinds of object, each a class."""
    seed: int | None = None
    """What is drawn; null takes data.seed."""

    @field_validator("kinds")
    @classmethod
    def _drawn(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        if not kinds or len(set(kinds)) < len(kinds) or not OUTLINES.keys() >= set(kinds):
            raise ValueError(f"name one or more of {', '.join(OUTLINES)}, each once")
        return kinds


class TilePlan(Section):
    """Overlapping tiles that large images are cut into."""

    size: Annotated[int, Field(ge=64, le=8192)] = 1024
    """Side of a tile in pixels."""
    overlap: Annotated[float, Field(ge=0.05, le=0.5)] = 0.25
    """Share of its side that a tile has in common with its neighbour."""


class GroupKey(Section):
    """Images grouped by an entry of the source's own."""

    key: Annotated[str, Field(min_length=1)]
    """A key of the source's image entries, such as `patient`, whose value names an image's group."""


class DataPlan(Section):
    """What `ingest` reads and writes."""

    source: str = Field(default="shapes", min_length=1)
    """`shapes`, which is drawn, or the path of a dataset: a folder, an annotation file or an archive."""
    seed: int = 0
    """Which image goes to which of the splits that are cut out."""
    val: Share = 0.15
    """Share of the images cut out to choose the best epoch by, where the source has no such split."""
    test: Share | Literal["val"] = 0.15
    """Share cut out to score on; `val` scores on the validation images, for sets too small to spare any."""
    group: GroupKey | str | None = None
    """What keeps images together in one split: a regular expression on file names whose first capture names the group,
    or `{key: NAME}` for a key of the image entries in the source."""
    max_pixels: Annotated[int, Field(ge=1, le=178_000_000)] = 100_000_000
    """Pixels of the largest image that is read."""
    policy: dict[str, Action] = Field(default_factory=dict)
    """The action taken on a fault, by its code, such as `{leak-near: drop}`; `rle-*` stands for all that begin so, and
    `rehead check --codes` lists them."""
    tile: TilePlan | None = None
    """Cuts images larger than a tile, for training and for prediction; null does not."""
    shapes: ShapesPlan = ShapesPlan()
    """What is drawn where source is `shapes`."""

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
