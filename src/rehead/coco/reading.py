"""COCO files and their images, checked from the bytes up and turned into records; every fault goes to the log.

Each step sees only what the one before it let through: file, shape, ids, image files, geometry and masks, the set.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rehead.coco.annotations import AnnotationReader, Frame, Targets
from rehead.coco.categories import read_categories
from rehead.coco.decoding import ImageError
from rehead.coco.faults import FaultLog, FileFaults
from rehead.coco.framing import SeenImage, framed
from rehead.coco.image_entries import ImageEntry, ImageTable, read_image_entries
from rehead.coco.image_files import ImageFolder
from rehead.coco.image_pool import Inspector
from rehead.coco.json_file import load_json
from rehead.coco.leakage import check_splits
from rehead.coco.originals import with_entries
from rehead.coco.records import Annotation, Dataset, ImageRecord
from rehead.coco.sources import Source
from rehead.coco.structure import Entries, read_tables
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
    splits = {}
    roots = {part.images for parts in source.splits.values() for part in parts if part.images is not None}
    pictures = {root: Pictures(ImageFolder(root), inspector) for root in sorted(roots)}
    for name, (part,) in source.splits.items():
        data = read_dataset(part.file, pictures[part.images] if part.images is not None else None, log, keep=keep)
        if data is not None:
            splits[name] = data
    check_splits(splits, {name: parts[0].file for name, parts in source.splits.items()}, log)
    if splits:
        for looked in pictures.values():
            _note_unlisted(looked.folder, log)
    return splits


def read_dataset(file: Path, pictures: Pictures | None, log: FaultLog, *, keep: bool = False) -> Dataset | None:
    """Read one COCO file, without pixels where `pictures` is None; None if the three lists are not in it."""
    faults = log.of(file)
    document = load_json(file, faults)
    tables = None if document is None else read_tables(document.value, faults)
    if document is None or tables is None:
        return None
    categories = read_categories(tables.categories, faults)
    table = read_image_entries(tables.images, faults)
    images, frames = _images(table, pictures, faults)
    targets = Targets(frames, table.alias, table.seen, categories)
    annotations = tuple(_annotations(tables.annotations, targets, faults, keep=keep))
    data = Dataset(tuple(categories.values()), tuple(images), annotations)
    if keep:
        data = with_entries(data, document.value, tables)
    # Of a file with records missing, the set as a whole would tell only what follows from that.
    return data if faults.rejected else check_whole(data, faults)


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


def _annotations(entries: Entries, targets: Targets, faults: FileFaults, *, keep: bool) -> Iterator[Annotation]:
    reader = AnnotationReader(targets, faults)
    for at, entry in followed(entries, total=len(entries), what="annotations checked"):
        found = reader.read(at, entry)
        if found is not None:
            yield replace(found, entry=entry) if keep else found


def _note_unlisted(folder: ImageFolder, log: FaultLog) -> None:
    extra = folder.unlisted()
    if extra:
        names = ", ".join(map(ascii, extra[:5]))
        text = f"{len(extra)} unlisted image files on disk are not in the JSON: {names}"
        log.add("files-unlisted", folder.root, "", text)
