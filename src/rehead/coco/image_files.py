"""From a file_name in JSON to a regular file below the image folder; nothing outside it is ever opened."""

import errno
import os
import stat
import unicodedata
from functools import cached_property
from pathlib import Path

from rehead.coco.decoding import ImageError
from rehead.coco.faults import shortened

_IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
_DVC_CACHE = (".dvc", "cache")


class ImageFolder:
    """The root that file names start from."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: set[Path] = set()
        self._real = Path(os.path.realpath(root))

    def find(self, name: str) -> tuple[Path, str]:
        """Return the file's path and a remark ("" or how its name differs); raises ImageError."""
        if "\\" in name:
            return self._with_slashes(name)
        if fault := _name_fault(name):
            raise ImageError("file-name", f"file_name {shortened(name)} {fault}")
        path, remark = self.root / name, ""
        self.asked.add(path)
        try:
            status = path.stat()
        except OSError as error:
            path, remark = self._like(name, error)
            status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ImageError("file-type", f"file_name {shortened(name)} is no regular file but {_type(status.st_mode)}")
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self._real) and not _is_cached(real):
            raise ImageError("file-name", f"file_name {shortened(name)} is a link that leads outside the image folder")
        self.asked.add(path)
        return path, remark

    def unlisted(self) -> list[str]:
        """Name the image files below the root that nobody has asked for."""
        return sorted(name for name in self.listing if self.root / name not in self.asked)

    @cached_property
    def listing(self) -> set[str]:
        """The names of all image files below the root, with / between folders."""
        found = set()
        for folder, _, files in os.walk(self.root):
            base = os.path.relpath(folder, self.root)
            found |= {file if base == "." else f"{base}/{file}" for file in files if is_image_name(file)}
        return found

    @cached_property
    def _folded(self) -> dict[str, list[str]]:
        folded: dict[str, list[str]] = {}
        for name in self.listing:
            folded.setdefault(_fold(name), []).append(name)
        return folded

    def _with_slashes(self, name: str) -> tuple[Path, str]:
        """Find a file whose folders are written as on Windows; raises ImageError."""
        what = "has a backslash as separator: written on Windows?"
        try:
            path, remark = self.find(name.replace("\\", "/"))
        except ImageError as error:
            raise ImageError("file-name", f"file_name {shortened(name)} {what} With / instead: {error}") from None
        return path, remark or f"file_name {shortened(name)} {what} Read with / instead"

    def _like(self, name: str, error: OSError) -> tuple[Path, str]:
        """Find the one file whose name differs by case or Unicode form alone; raises ImageError."""
        shown = shortened(name)
        if error.errno == errno.ELOOP:
            raise ImageError("file-type", f"file_name {shown} is a symlink loop")
        if error.errno == errno.ENAMETOOLONG:
            raise ImageError("file-name", f"file_name {shown} is too long for a file system")
        twins = self._folded.get(_fold(name), [])
        if len(twins) != 1:
            raise ImageError("file-missing", f"file {shown} is missing: not found below {self.root}")
        how = "case" if unicodedata.normalize("NFC", twins[0]) != unicodedata.normalize("NFC", name) else "Unicode form"
        return self.root / twins[0], f"file_name {shown} is {twins[0]!a} on disk: they differ by {how} (normalised)"


def is_image_name(name: str) -> bool:
    """Say whether a file name ends like an image's."""
    return os.path.splitext(name)[1].lower() in _IMAGE_SUFFIXES  # noqa: PTH122 - a Path for each of a million names is slow


def _name_fault(name: str) -> str:
    """Say what makes a name unfit to be joined to a folder."""
    if "\0" in name:
        return "has a NUL character"
    if name.startswith("/") or name[1:2] == ":":
        return "is absolute, not relative to the image folder"
    if ".." in name.split("/"):
        return "climbs with '..': it must stay inside the image folder"
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "has a lone surrogate, which is no Unicode text"
    return ""


def _type(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a FIFO (named pipe)"), (stat.S_ISSOCK, "a socket"))
    return next((text for test, text in kinds if test(mode)), "a device")


def _is_cached(path: Path) -> bool:
    """Say whether a file lies in a DVC cache, where DVC's own links lead."""
    return any(pair == _DVC_CACHE for pair in zip(path.parts, path.parts[1:], strict=False))


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
