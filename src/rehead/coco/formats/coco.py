"""COCO JSON in the layouts people have it in: one file, a file for each split, or several that make up a dataset."""

import re
from collections import defaultdict
from pathlib import Path

from rehead.coco.formats.format import Format, Found
from rehead.coco.formats.image_roots import image_root
from rehead.coco.formats.json_kinds import json_files, kind_of
from rehead.coco.formats.split_names import split_folders, split_of
from rehead.coco.json_file import Document, load_json
from rehead.coco.part_faults import PartFaults
from rehead.coco.parts import WHOLE, Part, SourceError

_NOT_FILES = {".yaml", ".yml", ".txt"}
_OTHER_TASKS = re.compile(r"(person_keypoints|captions|panoptic|stuff|image_info)_", re.IGNORECASE)
_USUAL = re.compile(
    r"_annotations\.coco|annotations|instances|((instances|annotations)_)?(train|val|valid|validation|test)(\d{4})?",
    re.IGNORECASE,
)
"""Names that promise COCO: such a file is read, and its faults told, even if nothing in it looks like COCO."""
_WHOLE_NAMES = ("annotations", "_annotations.coco", "instances")


def find(path: Path) -> Found:
    """Find COCO files; raises SourceError where it stays open which ones are meant."""
    if path.is_file():
        claimed = path.suffix.lower() not in _NOT_FILES and kind_of(path) in ("coco", "")
        return Found({WHOLE: (Part(path, image_root(path)),)} if claimed else {})
    files = {file: split for file, split in _files(path).items() if _is_coco(file)}
    instances = {file: split for file, split in files.items() if not _OTHER_TASKS.match(file.name)}
    if files and not instances:
        names = _listed(list(files), path)
        raise SourceError(f"{path} holds {names} but no instances_*.json: masks of objects are needed")
    ignored = [(file, "it holds no object masks: not read") for file in files if file not in instances]
    splits: defaultdict[str, list[Path]] = defaultdict(list)
    for file, split in instances.items():
        splits[split or WHOLE].append(file)
    if len(splits) > 1 and WHOLE in splits:
        ignored += [(file, "it is named after no split, others are: not read") for file in splits.pop(WHOLE)]
    _refuse_the_unclear(path, splits)
    return Found({split: _parts(path, found, split) for split, found in splits.items()}, tuple(ignored))


def read(part: Part, faults: PartFaults) -> Document | None:
    """Read a COCO file as it stands."""
    return load_json(part.file, faults)


def _files(folder: Path) -> dict[Path, str | None]:
    """List JSON files where COCO datasets have them, each with the split that it or its folder is named after."""
    found = {file: split_of(file.stem) for place in (folder, folder / "annotations") for file in json_files(place)}
    for named, split in split_folders(folder).items():
        found |= {file: split for place in (named, named / "annotations") for file in json_files(place)}
    return found


def _is_coco(file: Path) -> bool:
    kind = kind_of(file)
    return kind == "coco" or (not kind and _USUAL.fullmatch(file.stem) is not None)


def _refuse_the_unclear(folder: Path, splits: dict[str, list[Path]]) -> None:
    """Raise SourceError where there is nothing to train on, or where one file may hold the others' content."""
    if splits and WHOLE not in splits and "train" not in splits:
        names = _listed([file for files in splits.values() for file in files], folder)
        raise SourceError(
            f"{folder} has {names} but no train.json, instances_train*.json or train/_annotations.coco.json to train "
            "on; give one of the files itself to use it as one set"
        )
    whole = splits.get(WHOLE, [])
    if len(whole) > 1 and any(file.stem.lower() in _WHOLE_NAMES for file in whole):
        raise SourceError(
            f"{folder} has {_listed(whole, folder)}: is one of them the whole dataset, or each a part of it? Give the "
            "one that is meant, or a folder with the parts alone"
        )


def _parts(folder: Path, files: list[Path], split: str) -> tuple[Part, ...]:
    return tuple(Part(file, image_root(file, folder, split=split)) for file in sorted(files))


def _listed(files: list[Path], folder: Path) -> str:
    return ", ".join(file.relative_to(folder).as_posix() for file in files[:6]) + (", ..." if len(files) > 6 else "")


COCO = Format(
    layout="COCO JSON (train.json, annotations/instances_*.json, _annotations.coco.json, annotations.json)",
    find=find,
    read=read,
)
