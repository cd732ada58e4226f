"""COCO JSON in the layouts people have it in: one file, a file for each split, or several that make up a dataset."""

import re
from pathlib import Path

from rehead.coco.formats.annotation_files import annotation_files, found_files, listed
from rehead.coco.formats.format import Format, Found
from rehead.coco.formats.image_roots import image_root
from rehead.coco.formats.json_kinds import kind_of
from rehead.coco.image_pool import Inspector
from rehead.coco.json_file import Document, load_json
from rehead.coco.part_faults import PartFaults
from rehead.coco.parts import WHOLE, Part, SourceError

_NOT_FILES = {".yaml", ".yml", ".txt", ".xml"}
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
    files = {file: split for file, split in annotation_files(path).items() if _is_coco(file)}
    instances = {file: split for file, split in files.items() if not _OTHER_TASKS.match(file.name)}
    if files and not instances:
        raise SourceError(f"{path} holds {listed(files, path)} but no instances_*.json: masks of objects are needed")
    found = found_files(path, instances, "coco")
    _refuse_the_unclear(path, [part.file for part in found.splits.get(WHOLE, ())])
    ignored = [(file, "it holds no object masks: not read") for file in files if file not in instances]
    return Found(found.splits, (*ignored, *found.ignored))


def read(part: Part, faults: PartFaults, _: Inspector) -> Document | None:
    """Read a COCO file as it stands."""
    return load_json(part.file, faults)


def _is_coco(file: Path) -> bool:
    kind = kind_of(file)
    return kind == "coco" or (not kind and _USUAL.fullmatch(file.stem) is not None)


def _refuse_the_unclear(folder: Path, files: list[Path]) -> None:
    """Raise SourceError where one file may hold what the others hold."""
    if len(files) > 1 and any(file.stem.lower() in _WHOLE_NAMES for file in files):
        raise SourceError(
            f"{folder} has {listed(files, folder)}: is one of them the whole dataset, or each a part of it? Give the "
            "one that is meant, or a folder with the parts alone"
        )


COCO = Format(
    layout="COCO JSON (train.json, annotations/instances_*.json, _annotations.coco.json, annotations.json)",
    find=find,
    read=read,
)
