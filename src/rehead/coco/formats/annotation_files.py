"""Annotation files of a folder, and the splits that they make up by their names and places."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from rehead.coco.formats.format import Found
from rehead.coco.formats.image_roots import image_root
from rehead.coco.formats.json_kinds import json_files
from rehead.coco.formats.split_names import split_folders, split_of
from rehead.coco.parts import WHOLE, Part, SourceError

Files = dict[Path, str | None]
_INNER = "annotations"


def annotation_files(folder: Path) -> Files:
    """List JSON files where datasets have them, each with the split that it or its folder is named after."""
    found = {file: split_of(file.stem) for place in (folder, folder / _INNER) for file in json_files(place)}
    for named, split in split_folders(folder).items():
        found |= {file: split for place in (named, named / _INNER) for file in json_files(place)}
    return found


def found_files(folder: Path, files: Files, kind: str) -> Found:
    """Make parts of the format `kind` of files; raises SourceError if there is nothing to train on.

    Where some are named after splits and others are not, the others are passed over.
    """
    splits: defaultdict[str, list[Path]] = defaultdict(list)
    for file, split in files.items():
        splits[split or WHOLE].append(file)
    ignored = splits.pop(WHOLE) if len(splits) > 1 and WHOLE in splits else []
    if splits and WHOLE not in splits and "train" not in splits:
        raise SourceError(
            f"{folder} has {listed(files, folder)} but no train.json, instances_train*.json or train/*.json to train "
            "on; give one of the files itself to use it as one set"
        )
    parts = {
        split: tuple(Part(file, image_root(file, folder, split=split), kind) for file in sorted(named))
        for split, named in splits.items()
    }
    return Found(parts, tuple((file, "it is named after no split, others are: not read") for file in ignored))


def listed(files: Iterable[Path], folder: Path) -> str:
    """Name the first files, relative to their folder."""
    names = [file.relative_to(folder).as_posix() for file in files]
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
