"""What a format of datasets is: how it is found on disk and how a part of it becomes a COCO document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rehead.coco.image_pool import Inspector
from rehead.coco.json_file import Document
from rehead.coco.part_faults import PartFaults
from rehead.coco.parts import Part


@dataclass(frozen=True)
class Found:
    """The parts of each split, or of everything under `all`; nothing if a path does not hold the format.

    `ignored` lists files that were passed over, each with the reason.
    """

    splits: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    ignored: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True)
class Format:
    """One format.

    `layout` says what it looks like on disk. `find` looks at a file or folder and raises SourceError if it holds the
    format, but leaves open what is meant. `read` returns None, with the faults noted, if there is nothing to go on
    with; mask files are decoded by the inspector. `open_classes` says that no file lists the classes: each part shows
    those of its objects alone. `whole_folder` says that every image is taken, so that none can be unlisted.
    """

    layout: str
    find: Callable[[Path], Found]
    read: Callable[[Part, PartFaults, Inspector], Document | None]
    open_classes: bool = False
    whole_folder: bool = False
