"""COCO files and their images, checked from the bytes up and turned into records; every fault goes to the log.

Each step sees only what the one before it let through: file, shape, ids, image files, geometry and masks, the set.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rehead.coco.annotations import AnnotationReader, Frame, Targets
from rehead.coco.categories import read_categories
from rehead.coco.decoding import ImageError
from rehead.coco.faults import FaultLog, FileFaults
from rehead.coco.formats.known import FORMATS
from rehead.coco.framing import SeenImage, framed
from rehead.coco.image_entries import ImageEntry, ImageTable, read_image_entries
from rehead.coco.image_files import ImageFolder
from rehead.coco.image_pool import Inspector
from rehead.coco.json_file import Document, load_json, no_collection
from rehead.coco.leakage import check_splits
from rehead.coco.merging import Share, merged, with_one_table
from rehead.coco.originals import with_entries
from rehead.coco.part_faults import PartFaults
from rehead.coco.parts import Part, Source
from rehead.coco.records import Annotation, Dataset, ImageRecord
from rehead.coco.structure import read_tables, taken
from rehead.coco.tables import check_tables
from rehead.coco.wholeness import check_whole
from rehead.progress import followed


@dataclass(frozen=True)
class Pictures:
    """Where image files are, and who decodes them."""

    folder: ImageFolder
    inspector: Inspector


def read_source(source: Source, log: FaultLog, inspector: Inspector, *, keep: bool = False) -> dict[str, Dataset]:
    """Read all splits of a source and compare them; a split whose file says nothing is left out.

    `keep` leaves the source's own entries with the records, for a copy that loses nothing.
    """
    for path, why in source.ignored:
        log.add("files-ignored", source.told(str(path)), "", why)
    looked = [part for parts in source.splits.values() for part in parts if not part.unseen]
    pictures = {p.images: Pictures(ImageFolder(p.images), inspector) for p in looked if p.images is not None}
    shares = {
        name: [
            share for part in parts if (share := _share(part, source, log, inspector, pictures, keep=keep)) is not None
        ]
        for name, parts in source.splits.items()
    }
    splits = {name: merged(held) for name, held in shares.items() if held}
    if any(FORMATS[part.format].open_classes for parts in source.splits.values() for part in parts):
        splits = with_one_table(splits)
    files = {name: Path(source.told(str(_owner(parts)))) for name, parts in source.splits.items()}
    for name, data in splits.items():
        # Of files with records missing, the set as a whole would tell only what follows from that.
        if not any(share.faults.rejected for share in shares[name]):
            splits[name] = check_whole(data, log.of(files[name]))
    splits = check_splits(check_tables(splits, files, log), files, log)
    for part in looked if splits else ():
        if part.images in pictures and not FORMATS[part.format].whole_folder:
            _note_unlisted(pictures.pop(part.images).folder, source, log)
    return splits


def read_dataset(file: Path, pictures: Pictures | None, log: FaultLog, *, keep: bool = False) -> Dataset | None:
    """Read one COCO file, without pixels where `pictures` is None; None if the three lists are not in it."""
    faults = PartFaults(log, str(file))
    data = _checked(load_json(file, faults), pictures, faults, keep=keep)
    return data if data is None or faults.rejected else check_whole(data, faults)


def _share(
    part: Part, source: Source, log: FaultLog, inspector: Inspector, pictures: Mapping[Path, Pictures], *, keep: bool
) -> Share | None:
    """Read what one file holds of its split."""
    faults = PartFaults(log, source.told(str(part.file)), source.told)
    looked = None if part.unseen or part.images is None else pictures[part.images]
    document = FORMATS[part.format].read(part, faults, inspector)
    data = _checked(document, looked, faults, keep=keep)
    return None if data is None else Share(data, part.images, faults)


@no_collection()
def _checked(document: Document | None, pictures: Pictures | None, faults: PartFaults, *, keep: bool) -> Dataset | None:
    """Turn the sound part of a document into records; None if the three lists are not in it."""
    if document is None:
        return None
    faults = replace(faults, origins=document.origins)
    tables = read_tables(document.value, faults)
    if tables is None:
        return None
    categories = read_categories(tables.categories, faults)
    table = read_image_entries(tables.images, faults)
    images, frames = _images(table, pictures, faults)
    targets = Targets(frames, table.alias, table.seen, categories)
    annotations = tuple(_annotations(tables.annotations, targets, faults, keep=keep))
    data = Dataset(tuple(categories.values()), tuple(images), annotations)
    return with_entries(data, document.value, tables) if keep else data


def _images(
    table: ImageTable, pictures: Pictures | None, faults: FileFaults
) -> tuple[list[ImageRecord], dict[int, Frame]]:
    """Look at every image; returns the records of those that stay and the frames their annotations are in."""
    if pictures is None:
        faults.add("images-unseen", "images", "no image folder was given: image files were not looked at")
        seen: Iterator[SeenImage] = (SeenImage(entry, None, None) for entry in table.entries)
    else:
        seen = _seen(table.entries, pictures, faults)
    images, frames = [], {}
    for picture in seen:
        frame = framed(picture, faults)
        if frame is not None:
            images.append(frame.record)
            frames[frame.record.id] = frame.frame
    return images, frames


def _seen(entries: list[ImageEntry], pictures: Pictures, faults: FileFaults) -> Iterator[SeenImage]:
    """Find and decode the files; those with a fault are left out."""
    found = []
    for entry in entries:
        try:
            path, remark = pictures.folder.find(entry.file_name)
        except ImageError as error:
            faults.add(error.code, f"{entry.where}.file_name", str(error))
            continue
        if not remark or faults.keeps("file-name-case", f"{entry.where}.file_name", remark):
            found.append((entry, path))
    inspections = pictures.inspector.inspect([path for _, path in found])
    pairs = zip(found, inspections, strict=True)
    for (entry, path), inspection in followed(pairs, total=len(found), what="images checked"):
        where, name = f"{entry.where}.file_name", entry.file_name
        kept = [faults.keeps(code, where, f"{name!a}: {text}") for code, text in inspection.notes]
        if inspection.facts is not None and all(kept):
            yield SeenImage(entry, path, inspection.facts)


def _annotations(table: list[Any], targets: Targets, faults: FileFaults, *, keep: bool) -> Iterator[Annotation]:
    reader = AnnotationReader(targets, faults)
    for at, entry in followed(taken(table), total=len(table), what="annotations checked"):
        found = reader.read(at, entry)
        if found is not None:
            yield replace(found, entry=entry) if keep else found


def _note_unlisted(folder: ImageFolder, source: Source, log: FaultLog) -> None:
    extra = folder.unlisted()
    if extra:
        names = ", ".join(map(ascii, extra[:5]))
        text = f"{len(extra)} unlisted image files on disk are not in the annotations: {names}"
        log.add("files-unlisted", source.told(str(folder.root)), "", text)


def _owner(parts: Sequence[Part]) -> Path:
    """Name the one file, or the folder that holds them all."""
    files = [part.file for part in parts]
    return files[0] if len(files) == 1 else Path(os.path.commonpath(files))
