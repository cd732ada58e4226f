"""Files that are whole or absent: content hashes, writes that survive a kill at any moment, and locks."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

_CHUNK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Hash a file's bytes, or a folder's relative names and file hashes; returns 64 hex digits."""
    if path.is_dir():
        lines = [f"{sha256_of(file)}  {file.relative_to(path).as_posix()}\n" for file in _files_below(path)]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a stream to a temporary name beside `path`, which is synced to disk and renamed when the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: str | bytes) -> None:
    """Write a file at once: readers see all of it or the old one."""
    with replaced_file(path) as stream:
        stream.write(data.encode() if isinstance(data, str) else data)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON atomically; NaN and infinity raise ValueError, since no reader agrees on them."""
    try:
        text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False)
    except ValueError as error:
        raise ValueError(f"{path} is not written: {error}") from error
    write_atomically(path, text + "\n")


def read_json(path: Path) -> Any:
    """Read one of our own JSON files; raises FileNotFoundError or ValueError that names the file and the cure."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist: restore it, or have `dvc repro` write it") from None
    except ValueError as error:
        raise ValueError(f"{path} is no JSON ({error}): restore it, or have `dvc repro` write it again") from error


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `path` when the block succeeds, and vanishes when it fails.

    What a killed process left of an earlier attempt is removed first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in _leftovers(path):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}.{os.getpid()}.", suffix=".tmp", dir=path.parent))
    former = fresh.with_suffix(".old.tmp")
    fresh.chmod(0o755)
    try:
        yield fresh
        _sync(fresh)
        if path.exists():
            # Moving aside takes no time, deleting may: a kill in between would leave a part of the old folder.
            path.replace(former)
        fresh.replace(path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)


@contextmanager
def held_lock(path: Path, *, what: str) -> Iterator[None]:
    """Hold an exclusive lock file for the block; raises RuntimeError with the holder's process id if it is taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            holder = stream.read().strip() or "unknown"
            raise RuntimeError(
                f"{what} is running already (process {holder}, lock {path}): wait for it or end it"
            ) from None
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield


def _files_below(folder: Path) -> list[Path]:
    """List regular files below a folder in a stable order, links followed, leaving out bytecode caches."""
    return sorted(_walk(folder, frozenset()))


def _walk(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """Yield files below a folder; one that links back to a folder above it, or is closed to us, is not entered."""
    here = folder.resolve()
    if here in above or folder.name == "__pycache__" or not os.access(folder, os.R_OK | os.X_OK):
        return
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, above | {here})
        elif entry.is_file():
            yield entry


def _sync(folder: Path) -> None:
    """Bring all of a folder to the disk: a rename may get there before the content does."""
    for path in (*folder.rglob("*"), folder):
        if not path.is_symlink():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _leftovers(path: Path) -> list[Path]:
    """List the temporary folders of `path` whose process is gone."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.(\d{{1,9}})\.\w+(\.old)?\.tmp")
    named = ((sibling, pattern.fullmatch(sibling.name)) for sibling in path.parent.iterdir())
    return [sibling for sibling, match in named if match and not _runs(int(match[1]))]


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, and is another user's
        return True
    return True
