"""The entries of a zip or tar, read one by one without trust in what they declare."""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

FILE, FOLDER = "a file", "a folder"
_HEADERS = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}
_LARGEST_HEADER = 1 << 20
"""Bytes of a tar's extended header, which is read into memory whole."""
_CHUNK = 1 << 20
_MOST_PADDING = 64
_OPENERS: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\0", lzma.open),
)
_ZIP_KINDS = {0: FILE, stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: "a symbolic link"}


class ArchiveError(ValueError):
    """An archive that cannot be read on; `code` is the kind of fault, `where` the entry."""

    def __init__(self, code: str, where: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.where = where


@dataclass(frozen=True)
class Entry:
    """One entry: its name, what it is, its unpacked bytes as declared, and its content to be read at most so far."""

    name: str
    kind: str
    size: int
    opened: Callable[[], AbstractContextManager[IO[bytes]]]
    encrypted: bool = False


@dataclass(frozen=True)
class Archive:
    """Entries in their order: a list if their content can be left for later, else an iterator; and the progress.

    `total` is in bytes, and `done` tells from the bytes unpacked how many of them are done.
    """

    entries: Iterable[Entry]
    total: int
    done: Callable[[int], int]


@contextmanager
def opened_archive(path: Path) -> Iterator[Archive]:
    """Open an archive by its content, whatever its name; reading raises ArchiveError where it is damaged."""
    with path.open("rb") as raw:
        start = raw.read(8)
        raw.seek(0)
        if start.startswith((b"PK\x03\x04", b"PK\x05\x06")) or path.suffix.lower() == ".zip":
            with reading(""):
                packed = zipfile.ZipFile(raw)
            entries = [_zip_entry(packed, info) for info in packed.infolist()]
            yield Archive(entries, sum(entry.size for entry in entries), lambda unpacked: unpacked)
        else:
            opener = next((opener for magic, opener in _OPENERS if start.startswith(magic)), None)
            stream = raw if opener is None else opener(raw)
            yield Archive(_tar_entries(stream), path.stat().st_size, lambda _: raw.tell())


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Turn whatever a damaged archive makes its reader raise into ArchiveError."""
    try:
        yield
    except ArchiveError:
        raise
    except Exception as error:  # decompressors and header parsers raise nearly every type on damaged input
        text = f"cannot be unpacked, it is damaged or cut off: {str(error) or type(error).__name__}"
        raise ArchiveError("archive-damaged", where, text) from None


def _zip_entry(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    name = info.orig_filename if "\0" in info.orig_filename else info.filename
    kind = FOLDER if info.is_dir() else _ZIP_KINDS.get(stat.S_IFMT(info.external_attr >> 16), "a device")
    return Entry(name, kind, info.file_size, partial(packed.open, info), encrypted=bool(info.flag_bits & 1))


def _tar_entries(stream: IO[bytes]) -> Iterator[Entry]:
    """Read a tar from front to back; one that stops before its end mark is damaged, which tarfile passes over."""
    headers = _new_headers()
    with reading(""):
        packed = tarfile.open(fileobj=stream, mode="r|", tarinfo=headers)  # noqa: SIM115 - the stream's owner closes it
    while True:
        with reading(""):
            member = packed.next()
        if member is None:
            break
        yield Entry(member.name, _tar_kind(member), member.size, partial(_content, packed, member))
    if not headers.ended:
        raise ArchiveError("archive-damaged", "", "ends before its end mark: it is cut off or damaged")
    with reading(""):  # checksums of what was compressed stand at the very end
        for _ in range(_MOST_PADDING):
            if not stream.read(_CHUNK):
                break


def _content(packed: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = packed.extractfile(member)
    assert content is not None, "only files are opened"
    return content


def _tar_kind(member: tarfile.TarInfo) -> str:
    if member.issparse():
        return "a sparse file"
    if member.isfile():
        return FILE
    kinds = ((member.isdir(), FOLDER), (member.issym(), "a symbolic link"), (member.islnk(), "a hard link"))
    return next((kind for holds, kind in kinds if holds), "a device or pipe")


class _Header(tarfile.TarInfo):
    """A header that tells what tarfile would take in silence: damage in the midst, and names of gigabytes."""

    ended = False

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        """Read one header of 512 bytes."""
        cls.ended = len(buf) == tarfile.BLOCKSIZE and not any(buf)
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if buf and not cls.ended:
                raise ArchiveError("archive-damaged", "", f"has a damaged header: {error}") from None
            raise
        if header.type in _HEADERS and header.size > _LARGEST_HEADER:
            raise ArchiveError("archive-unsafe", "", f"has a header of {header.size} bytes")
        return header


def _new_headers() -> type[_Header]:
    """Make a class for one archive, since tarfile knows the class of headers alone."""

    class Headers(_Header):
        pass

    return Headers
