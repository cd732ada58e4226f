"""Datasets packed as zip or tar, unpacked into a folder of their own for as long as they are read.

An archive is a stranger's list of names to write to. Nothing of it is written outside the folder: names that lead
elsewhere, links, devices, and what would fill the disk are refused, all of them in one pass.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rehead.coco.archive_entries import FILE, FOLDER, Archive, ArchiveError, Entry, opened_archive, reading
from rehead.coco.archive_names import NameCheck, parts_of
from rehead.coco.parts import SourceError
from rehead.coco.scratch import scratch_folder
from rehead.progress import Bar, progress

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
_FOREIGN = (".7z", ".rar", ".gz", ".bz2", ".xz", ".zst", ".tzst", ".lz4", ".z")
_MOST_ENTRIES = 2_000_000
_MOST_BYTES = 200 << 30
_MOST_RATIO = 200
"""Unpacked over packed bytes: annotations and masks reach 50, bombs thousands."""
_FREE_OF_RATIO = 256 << 20
_TOLD = 20
_CHUNK = 1 << 20
_JUNK = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}


def is_archive(path: Path) -> bool:
    """Say whether a path is a file that is named like an archive; raises SourceError for kinds that are not read."""
    name = path.name.lower()
    if not path.is_file() or name.endswith(SUFFIXES):
        return path.is_file()
    if name.endswith(_FOREIGN):
        raise SourceError(f"{path}: archives are read as {', '.join(SUFFIXES)}; unpack this one first")
    return False


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpack an archive into a temporary folder that goes with the block; raises SourceError that tells all faults."""
    with scratch_folder("rehead-unpacked-") as folder:
        faults = _unpack(path, folder)
        if faults:
            told = [f"{where} {text}".strip() for _, where, text in faults[:_TOLD]]
            more = [f"and {len(faults) - _TOLD} more"] if len(faults) > _TOLD else []
            raise SourceError(f"{path}: {'; '.join([*told, *more])}", tuple(faults))
        yield folder


def _unpack(path: Path, folder: Path) -> list[tuple[str, str, str]]:
    """Write what is safe, up to the first fault; returns all faults as (code, where, text)."""
    try:
        with opened_archive(path) as archive, progress(f"unpacking {path.name} (MiB)", archive.total >> 20) as bar:
            limits = _Limits(path, folder)
            sound = filter(limits.allow, archive.entries)
            if isinstance(archive.entries, list):
                sound = filter(None, [*sound])
            written = 0
            for entry in sound:
                if not limits.faults:
                    written = _write(entry, folder, written, archive, bar)
            return limits.faults
    except ArchiveError as error:
        return [(error.code, error.where, str(error))]


class _Limits:
    """Looks at entries before anything of them is written, and keeps their faults."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.faults: list[tuple[str, str, str]] = []
        self._names = NameCheck()
        self._entries = self._bytes = 0
        self._packed = path.stat().st_size
        self._free = shutil.disk_usage(folder).free
        self._folder = folder

    def allow(self, entry: Entry) -> bool:
        """Say whether an entry is to be written; raises ArchiveError where going on would do harm."""
        self._count(entry)
        name = self._names.fault(entry.name, folder=entry.kind == FOLDER)
        if name:
            self.faults.append(("archive-unsafe", _shown(entry), name))
        elif entry.kind not in (FILE, FOLDER):
            self.faults.append(("archive-unsafe", _shown(entry), f"is {entry.kind}: files and folders are unpacked"))
        elif entry.encrypted:
            self.faults.append(("archive-encrypted", _shown(entry), "is encrypted"))
        return _JUNK.isdisjoint(parts_of(entry.name))

    def _count(self, entry: Entry) -> None:
        """Keep the sums below what a disk, and patience, can bear."""
        self._entries += 1
        self._bytes += entry.size
        ratio = self._bytes / max(self._packed, 1)
        text = ""
        if self._entries > _MOST_ENTRIES:
            text = f"has over {_MOST_ENTRIES} entries"
        elif self._bytes > _MOST_BYTES:
            text = f"unpacks to over {_MOST_BYTES >> 30} GiB"
        elif self._bytes > _FREE_OF_RATIO and ratio > _MOST_RATIO:
            text = f"unpacks to over {_MOST_RATIO} times its {self._packed} bytes, as bombs do"
        elif self._bytes > self._free:
            text = f"unpacks to more than the {self._free >> 20} MiB free in {self._folder.parent.parent} (set TMPDIR)"
        if text:
            raise ArchiveError("archive-too-large", "", text)


def _write(entry: Entry, folder: Path, written: int, archive: Archive, bar: Bar) -> int:
    """Write one entry; returns the bytes written in all."""
    target = folder.joinpath(*parts_of(entry.name))
    if entry.kind == FOLDER:
        target.mkdir(parents=True, exist_ok=True)
        return written
    target.parent.mkdir(parents=True, exist_ok=True)
    where, left = _shown(entry), entry.size
    with reading(where):
        opened = entry.opened()
    with opened as content, target.open("xb") as stream:
        while True:
            before = archive.done(written) >> 20
            with reading(where):
                chunk = content.read(_CHUNK)
            if not chunk:
                break
            stream.write(chunk)
            written, left = written + len(chunk), left - len(chunk)
            if step := (archive.done(written) >> 20) - before:
                bar.advance(units=step)
    if left:
        raise ArchiveError("archive-damaged", where, f"has {left} bytes fewer than declared: it is cut off")
    return written


def _shown(entry: Entry) -> str:
    return ascii(entry.name[:200])
