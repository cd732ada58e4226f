"""Finding a dataset, whatever its layout, format and packing: which files make up which split, where images are."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rehead.coco.archives import is_archive, unpacked
from rehead.coco.formats import datumaro
from rehead.coco.formats.format import Found
from rehead.coco.formats.image_roots import image_root, image_root_below
from rehead.coco.formats.known import FORMATS
from rehead.coco.formats.split_names import subfolders
from rehead.coco.parts import SPLITS, WHOLE, Part, Source, SourceError, UnknownSourceError

__all__ = ["SPLITS", "WHOLE", "Part", "Source", "SourceError", "opened_source"]
_WRAPPINGS = 3


@contextmanager
def opened_source(path: Path, *, images: Path | None = None, val: Path | None = None) -> Iterator[Source]:
    """Find a dataset's files, which are there until the block ends: archives are unpacked for its time.

    `images` is where image files are, if elsewhere than usual; `val` is a COCO file of the validation split. Raises
    SourceError.
    """
    if not path.exists():
        raise SourceError(f"{path} does not exist; give the path of a dataset, or `shapes` as data.source")
    if not is_archive(path):
        with _opened(path, images, val) as source:
            yield source
        return
    with unpacked(path) as folder:
        try:
            with _opened(folder, images, val) as source:
                yield replace(source, shown=(*source.shown, (folder, path)))
        except SourceError as error:
            raise SourceError(str(error).replace(str(folder), str(path))) from None


@contextmanager
def _opened(path: Path, images: Path | None, val: Path | None) -> Iterator[Source]:
    """Find the parts of a folder or file, through Datumaro if it is in none of the formats that are read here."""
    unknown, command = None, datumaro.program()
    try:
        found = _source(path, images, val)
    except UnknownSourceError as error:
        unknown = error
    if unknown is None:
        yield found
    elif command is None:
        raise SourceError(f"{unknown}; {datumaro.MISSING}")
    else:
        with datumaro.exported(path, command) as folder:
            if folder is None:
                raise SourceError(f"{unknown}; nor does Datumaro know it as objects with masks")
            yield replace(_source(folder, images, val), shown=((folder, path),))


def find_parts(path: Path) -> Found:
    """Find the parts of a path, or of the one folder in it; raises SourceError if they are none or in several formats.

    The wrapping folder is what most archives begin with.
    """
    at = path
    for _ in range(_WRAPPINGS):
        found = {name: found for name, kind in FORMATS.items() if (found := kind.find(at)).splits}
        if len(found) > 1:
            names = "; ".join(f"{name} ({_file_of(one)})" for name, one in found.items())
            raise SourceError(f"{at} holds several formats: {names}. Give the file or folder of the one that is meant")
        if found:
            return next(iter(found.values()))
        inner = subfolders(at)
        if len(inner) != 1:
            break
        at = inner[0]
    sought = "; ".join(kind.layout for kind in FORMATS.values())
    raise UnknownSourceError(f"{path} holds {_content(path)}, which is no dataset that is known. Looked for: {sought}")


def _source(path: Path, images: Path | None, val: Path | None) -> Source:
    """Find the parts, and put what the user says in place of what was found."""
    found = find_parts(path)
    splits = dict(found.splits)
    if val is not None:
        splits = {"train" if name == WHOLE else name: parts for name, parts in splits.items()}
        splits["val"] = (Part(val, image_root(val, split="val") or splits["train"][0].images),)
    if images is not None:
        splits = {name: tuple(_seen_in(images, part, name) for part in parts) for name, parts in splits.items()}
    return Source(splits, found.ignored)


def _seen_in(images: Path, part: Part, split: str) -> Part:
    if part.format != "coco":
        raise SourceError(
            f"{part.file} is of the format {part.format}, which says where its images are: leave --images out"
        )
    return replace(part, images=image_root_below(images, part.file, split=split))


def _file_of(found: Found) -> str:
    return str(next(iter(found.splits.values()))[0].file)


def _content(path: Path) -> str:
    """Say what lies at a path."""
    if not path.is_dir():
        return f"{path.stat().st_size} bytes" if path.is_file() else "neither a file nor a folder"
    files = [entry.suffix.lower() or "no ending" for entry in path.iterdir() if not entry.is_dir()]
    kinds = Counter(files).most_common(4)
    told = [f"{count} file(s) with {kind}" for kind, count in kinds]
    folders = [f"{entry.name}/" for entry in subfolders(path)[:8]]
    return ", ".join([*told, *folders]) or "nothing"
