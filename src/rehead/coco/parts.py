"""What a dataset is made of, wherever it lies: annotation files by split, each with its format and its images."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

SPLITS = ("train", "val", "test")
WHOLE = "all"


class SourceError(ValueError):
    """A path that holds no dataset, or an archive that is not safe to unpack.

    The message says what was found and what was looked for; `faults` holds the same as (code, where, text).
    """

    def __init__(self, message: str, faults: tuple[tuple[str, str, str], ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults or (("source-unknown", "", message),)


class UnknownSourceError(SourceError):
    """A path that holds nothing in a format that is known."""


@dataclass(frozen=True)
class Part:
    """One annotation file, or a folder in another format than COCO, and the root that its image file names start from.

    `images` is None where no image folder was found, `unseen` says that image files are not to be looked at.
    `classes` is the file that names the classes, in formats that have one.
    """

    file: Path
    images: Path | None
    format: str = "coco"
    classes: Path | None = None
    unseen: bool = False


@dataclass(frozen=True)
class Source:
    """The parts of each split by its name, or of everything under `all`.

    `ignored` lists files that were passed over, each with the reason. `shown` lists temporary folders, each with the
    path that it stands for, such as that of an archive.
    """

    splits: Mapping[str, tuple[Part, ...]]
    ignored: tuple[tuple[Path, str], ...] = ()
    shown: tuple[tuple[Path, Path], ...] = ()

    def unseen(self) -> "Source":
        """Leave the image files alone: nothing is decoded."""
        splits = {name: tuple(replace(part, unseen=True) for part in parts) for name, parts in self.splits.items()}
        return replace(self, splits=splits)

    def with_images(self) -> "Source":
        """Return the source if each part has its images; raises SourceError that names the first without."""
        for part in (part for parts in self.splits.values() for part in parts):
            if part.images is None:
                text = f"no images lie beside {self.told(str(part.file))}, nor in images/ there; put them there"
                raise SourceError(text)
        return self

    def told(self, text: str) -> str:
        """Name what people know in a text that names a temporary folder."""
        for folder, path in self.shown:
            text = text.replace(str(folder), str(path))
        return text
