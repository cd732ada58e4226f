"""Names in an archive: which of them stay inside a folder and stay apart on every system."""

import re
import unicodedata

_DRIVE = re.compile(r"[A-Za-z]:")
_LONGEST_PART = 255
_LONGEST_PATH = 1024


class NameCheck:
    """Looks at one name after the other, and remembers them to find those that collide."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def fault(self, name: str, *, folder: bool) -> str:
        """Say what is wrong with a name; an empty text if nothing is."""
        return _unsafe(name) or self._collision("/".join(parts_of(name)), folder=folder)

    def _collision(self, path: str, *, folder: bool) -> str:
        """Compare a path with those before it, as a system does that ignores case and Unicode form."""
        key = _fold(path)
        above = [key[: match.start()] for match in re.finditer("/", key)]
        blocked = next((parent for parent in above if parent in self._files), None)
        self._folders |= {parent: parent for parent in above}
        if blocked is not None:
            return f"lies below {self._files[blocked]!a}, which is a file"
        if folder:
            self._folders[key] = path
            return f"is a folder and a file ({self._files[key]!a})" if key in self._files else ""
        if key in self._folders:
            return "is a file and a folder"
        twin = self._files.setdefault(key, path)
        if twin is path:
            return ""
        return "is in the archive twice" if twin == path else f"and {twin!a} differ by case or Unicode form alone"


def parts_of(name: str) -> list[str]:
    """Split a name into folders and file."""
    return [part for part in name.split("/") if part not in ("", ".")]


def _unsafe(name: str) -> str:
    """Say what makes a name lead outside the folder, or unfit for a file system."""
    if "\0" in name:
        return "has a NUL character"
    if name.startswith("/"):
        return "is an absolute path"
    if _DRIVE.match(name):
        return "begins with a drive letter"
    if "\\" in name:
        return "has a backslash, which is a separator on Windows"
    if ".." in name.split("/"):
        return "climbs out of the archive with '..'"
    if len(name) > _LONGEST_PATH or any(
        len(part.encode("utf-8", "replace")) > _LONGEST_PART for part in parts_of(name)
    ):
        return f"is too long for a file system ({len(name)} characters)"
    return ""


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
