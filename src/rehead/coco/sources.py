"""Where a dataset lies on disk: which annotation files make up which split, and where their images are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rehead.coco.image_files import is_image_name

SPLITS = ("train", "val", "test")
WHOLE = "all"
_WHOLE_NAMES = ("annotations.json", "_annotations.coco.json", "instances.json")


class SourceError(ValueError):
    """A path that holds no dataset; the message says what was looked for."""


@dataclass(frozen=True)
class Part:
    """One annotation file, or a folder in another format than COCO, and the root that its image file names start from.

    `images` is None where image files are not to be looked at.
    """

    file: Path
    images: Path | None
    format: str = "coco"


@dataclass(frozen=True)
class Source:
    """The parts of each split by its name, or of everything under `all`."""

    splits: Mapping[str, tuple[Part, ...]]

    def unseen(self) -> "Source":
        """Leave the image folders out: nothing is decoded."""
        splits = {name: tuple(replace(part, images=None) for part in parts) for name, parts in self.splits.items()}
        return replace(self, splits=splits)

    def with_images(self) -> "Source":
        """Return the source if each part has its images; raises SourceError that names the first without."""
        for part in (part for parts in self.splits.values() for part in parts):
            if part.images is None:
                raise SourceError(
                    f"data.source: no images lie beside {part.file}, nor in images/ there; put them there"
                )
        return self


@contextmanager
def opened_source(path: Path, *, images: Path | None = None, val: Path | None = None) -> Iterator[Source]:
    """Find a dataset's files, which are there until the block ends: archives are unpacked for its time.

    `images` is where image files are, if elsewhere than usual; `val` is a COCO file of the validation split. Raises
    SourceError.
    """
    found = find_source(path)
    if val is not None:
        root = _images_beside(val.parent) if path.is_file() else found.splits["train"][0].images
        found = Source({"train" if name == WHOLE else name: parts for name, parts in found.splits.items()})
        found = Source({**found.splits, "val": (Part(val, root),)})
    if images is not None:
        found = Source({n: tuple(replace(part, images=images) for part in ps) for n, ps in found.splits.items()})
    yield found


def find_source(path: Path) -> Source:
    """Find a dataset's files: a folder with images/ and train.json [val.json, test.json] or a single annotations.json.

    A JSON file stands for itself, its images in images/ beside it or in its own folder. Raises SourceError.
    """
    if path.is_file():
        return Source({WHOLE: (Part(path, _images_beside(path.parent)),)})
    if not path.is_dir():
        raise SourceError(f"data.source: {path} does not exist; give `shapes`, a COCO folder or a COCO JSON file")
    splits = {name: path / f"{name}.json" for name in SPLITS if (path / f"{name}.json").exists()}
    if "train" in splits:
        return Source({name: (Part(file, _images_beside(path)),) for name, file in splits.items()})
    if splits:
        raise SourceError(f"data.source: {path} has {', '.join(splits)} but no train.json to train on")
    for name in _WHOLE_NAMES:
        if (path / name).exists():
            return Source({WHOLE: (Part(path / name, _images_beside(path)),)})
    raise SourceError(f"data.source: {path} has neither train.json nor {' nor '.join(_WHOLE_NAMES)}")


def _images_beside(folder: Path) -> Path | None:
    """Take images/ in a folder, or the folder itself if images lie there; None if there is neither."""
    if (folder / "images").is_dir():
        return folder / "images"
    return folder if any(is_image_name(entry.name) for entry in folder.iterdir()) else None
