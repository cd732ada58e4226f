"""An image's size in JSON against its file: which frame the annotations are in, and whether it can stay."""

from dataclasses import dataclass
from pathlib import Path

from rehead.coco.annotations import Frame
from rehead.coco.decoding import MAX_ASPECT, SIDEWAYS, SMALLEST_SIDE
from rehead.coco.faults import FileFaults
from rehead.coco.image_entries import ImageEntry
from rehead.coco.records import ImageFacts, ImageRecord


@dataclass(frozen=True, slots=True)
class SeenImage:
    """An entry with its file and what decoding it told; both None where no files are looked at."""

    entry: ImageEntry
    path: Path | None
    facts: ImageFacts | None


@dataclass(frozen=True, slots=True)
class FramedImage:
    """An upright image, and the frame that its annotations are in."""

    record: ImageRecord
    frame: Frame


def framed(picture: SeenImage, faults: FileFaults) -> FramedImage | None:
    """Compare sizes; None if the image cannot stay."""
    entry, facts = picture.entry, picture.facts
    where = f"{entry.where}.width"
    given = None if entry.width is None or entry.height is None else (entry.width, entry.height)
    if facts is None:
        if given is None:
            faults.add("size-invalid", where, "width and height are missing, and no file was read to tell them")
            return None
        width, height = given
        frame: Frame | None = Frame(height, width)
    else:
        stored = (facts.width, facts.height)
        width, height = stored[::-1] if facts.orientation in SIDEWAYS else stored
        frame = _frame(given, stored, (width, height), facts.orientation, entry, faults)
    if frame is None:
        return None
    if not _has_a_trainable_shape(width, height, entry, faults):
        return None
    record = ImageRecord(entry.id, entry.file_name, width, height, picture.path, facts)
    return FramedImage(record, frame)


def _has_a_trainable_shape(width: int, height: int, entry: ImageEntry, faults: FileFaults) -> bool:
    """Note an image of which too little would be left at the network's scale; neither fault lets it stay."""
    where, shown = f"{entry.where}.width", f"{entry.file_name!a} is {width}x{height}"
    if min(width, height) < SMALLEST_SIDE:
        faults.add("image-small", where, f"{shown}, too small: each side needs {SMALLEST_SIDE} pixels; dropped")
        return False
    if max(width, height) > MAX_ASPECT * min(width, height):
        text = f"{shown}, too thin: one side may be {MAX_ASPECT} times the other at most; dropped"
        faults.add("image-aspect", where, text)
        return False
    return True


def _frame(
    given: tuple[int, int] | None,
    stored: tuple[int, int],
    upright: tuple[int, int],
    orientation: int,
    entry: ImageEntry,
    faults: FileFaults,
) -> Frame | None:
    """Tell from the sizes (width, height) in which frame an image was annotated; None if from neither."""
    where, name = f"{entry.where}.width", ascii(entry.file_name)
    as_shown = Frame(upright[1], upright[0])
    if given is None:
        text = f"{name}: width and height are missing, read from the file as {upright[0]}x{upright[1]}"
        return as_shown if faults.keeps("size-missing", where, text) else None
    if orientation == 1 and given == stored:
        return as_shown
    told = f"{name}: EXIF orientation {orientation}; "
    if given == upright == stored:
        text = f"{told}the size fits both frames: annotations taken as made on the upright image"
        return as_shown if faults.keeps("exif-ambiguous", where, text) else None
    if given == upright:
        text = f"{told}pixels transposed, annotations are upright already"
        return as_shown if faults.keeps("exif-orientation", where, text) else None
    if given == stored:
        text = f"{told}pixels transposed, and the annotations with them: they were made on the stored pixels"
        keeps = faults.keeps("exif-orientation", where, text)
        return Frame(stored[1], stored[0], orientation) if keeps else None
    hint = "; width and height are swapped" if given == stored[::-1] else ""
    text = f"{name}: the file is {stored[0]}x{stored[1]}, JSON says {given[0]}x{given[1]}: size does not match{hint}"
    faults.add("image-size", where, text, value=list(given))
    return None
