"""Where a COCO dataset lies on disk: which JSON file holds which split, and the folder of its images."""

from dataclasses import dataclass
from pathlib import Path

SPLITS = ("train", "val", "test")
WHOLE = "all"
_WHOLE_NAMES = ("annotations.json", "_annotations.coco.json", "instances.json")


class SourceError(ValueError):
    """A path that holds no COCO dataset; the message says what was looked for."""


@dataclass(frozen=True)
class Source:
    """JSON file by split name (or all images in one, under `all`), and the root that image file names start from.

    `images` is None where files are not to be looked at.
    """

    files: dict[str, Path]
    images: Path | None


def find_source(path: Path) -> Source:
    """Find a dataset's files: a folder with images/ and train.json [val.json, test.json] or a single annotations.json.

    A JSON file stands for itself, its images in images/ beside it or in its own folder. Raises SourceError.
    """
    if path.is_file():
        return Source({WHOLE: path}, _images_beside(path.parent))
    if not path.is_dir():
        raise SourceError(f"data.source: {path} does not exist; give `shapes`, a COCO folder or a COCO JSON file")
    splits = {name: path / f"{name}.json" for name in SPLITS if (path / f"{name}.json").exists()}
    if "train" in splits:
        return Source(splits, _images_beside(path))
    if splits:
        raise SourceError(f"data.source: {path} has {', '.join(splits)} but no train.json to train on")
    for name in _WHOLE_NAMES:
        if (path / name).exists():
            return Source({WHOLE: path / name}, _images_beside(path))
    raise SourceError(f"data.source: {path} has neither train.json nor {' nor '.join(_WHOLE_NAMES)}")


def _images_beside(folder: Path) -> Path:
    return folder / "images" if (folder / "images").is_dir() else folder
