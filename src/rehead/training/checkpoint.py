"""The states of an interrupted training: kept outside DVC under the content of its inputs, removed on success.

DVC deletes a stage's outputs before it runs the stage again, so neither these states nor the best weights so far may
lie among them.
"""

import errno
import hashlib
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, BinaryIO, cast

import torch
from safetensors import SafetensorError
from torch import Tensor

from rehead.detector.build import Detector
from rehead.detector.checkpoint import save_detector
from rehead.files import replaced_file, sha256_of
from rehead.training.code import code_hashes

_DIGEST_BYTES = 32
_CHUNK_BYTES = 1 << 20
_TRAININGS, _STATES, _BESTS = 3, 2, 2
"""How many are kept: abandoned trainings, states of one, best detectors that these may name."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Checkpoint:
    """A folder that holds one training's newest state, the one before it, and the best detectors they name."""

    def __init__(
        self, folder: Path, *, free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    ) -> None:
        """Use `folder`, which need not exist yet; `free` tells how many bytes may still be written there."""
        self.folder, self._free = folder, free

    @classmethod
    def of_inputs(cls, root: Path, *, inputs: Iterable[Path], plan: dict[str, Any]) -> "Checkpoint":
        """Name the folder after inputs, plan and code: another dataset, rate or version of the loop never resumes it.

        Of the trainings that were abandoned earlier, the three newest are kept; where this one begins anew, a line says
        that they are there.
        """
        for old in sorted(root.glob("*"), key=lambda folder: folder.stat().st_mtime)[:-_TRAININGS]:
            shutil.rmtree(old, ignore_errors=True)
        parts = [*(sha256_of(path) for path in inputs), json.dumps(plan, sort_keys=True), *code_hashes().values()]
        own = cls(root / hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16])
        others = {state.parent for state in root.glob("*/state-*.bin")}
        if others and own.folder not in others:
            print(
                f"checkpoint: training begins anew; {len(others)} unfinished in {root} had other inputs, parameters or "
                "code (with train.batch_per: process, also another number of processes)",
                file=sys.stderr,
            )
        return own

    def best(self, epoch: int) -> Path:
        """Say where the detector of an epoch that was the best so far is saved."""
        return self.folder / f"best-{epoch:05d}"

    def states(self) -> Iterator[dict[str, Any]]:
        """Yield the states that can be read, the newest first; a damaged one is told of and removed.

        What a killed process left half written goes as well.
        """
        for leftover in self.folder.glob(".state-*.tmp"):
            leftover.unlink()
        for path in reversed(self._files()):
            state = _read(path)
            if state is None:
                print(
                    f"checkpoint: {path} is damaged and left out: training goes on from an older state", file=sys.stderr
                )
                path.unlink()
            else:
                yield state

    def save(self, state: Mapping[str, Any]) -> None:
        """Write a state atomically behind its own hash; torch would load a damaged one without a word.

        Raises OSError in words where the disk is full; what was saved before stays.
        """
        before = self._files()
        number = int(before[-1].stem.split("-")[1]) + 1 if before else 1
        file = self.folder / f"state-{number:07d}.bin"
        with self._room_for(_size_of(state, "state")), replaced_file(file) as stream:
            _write(state, stream)
        for old in before[: -(_STATES - 1)]:
            old.unlink()
        for former in sorted(self.folder.glob("best-*"))[:-_BESTS]:
            shutil.rmtree(former, ignore_errors=True)

    def save_best(self, detector: Detector, epoch: int) -> None:
        """Save the best detector so far; raises OSError in words where the disk is full."""
        with self._room_for(_size_of(detector.model.state_dict(), "model")):
            save_detector(detector, self.best(epoch))

    def remove(self) -> None:
        """Delete the folder: the training has succeeded."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("state-*.bin"))

    @contextmanager
    def _room_for(self, size: int) -> Iterator[None]:
        """Write so many bytes in the block, if there is room for twice as many."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._free(self.folder) < 2 * size:
            raise self._full(size)
        try:
            yield
        except (OSError, RuntimeError, SafetensorError) as error:
            if not any(_is_of_a_full_disk(fault) for fault in (error, error.__context__)):
                raise
            raise self._full(size) from error

    def _full(self, size: int) -> OSError:
        free = self._free(self.folder)
        return OSError(
            f"disk full: a checkpoint of {size / 1e6:.1f} MB needs twice as much, and {self.folder} has "
            f"{free / 1e6:.1f} MB left. Make room, then run `dvc repro`: it goes on from the checkpoint before"
        )


def _is_of_a_full_disk(fault: BaseException | None) -> bool:
    """Tell it by the system's number of the error, which safetensors gives in its words alone."""
    number = re.search(r"os error (\d+)", str(fault)) if isinstance(fault, SafetensorError) else None
    return getattr(fault, "errno", int(number[1]) if number else None) in _FULL


class _Hashed:
    """A stream that hashes what passes through."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def flush(self) -> None:
        """Leave it to the stream's own end."""

    def write(self, data: Any) -> int:
        """Pass bytes on."""
        self.digest.update(data)
        return self._stream.write(data)


def _write(state: Mapping[str, Any], stream: BinaryIO) -> None:
    """Write the hash of the rest, then the rest, never holding a second copy of it in memory."""
    stream.write(bytes(_DIGEST_BYTES))
    hashed = _Hashed(stream)
    torch.save(dict(state), cast(BinaryIO, hashed))
    stream.seek(0)
    stream.write(hashed.digest.digest())


def _read(path: Path) -> dict[str, Any] | None:
    """Read a state onto the CPU; None for one that is damaged or holds more than tensors and plain values."""
    with path.open("rb") as stream:
        expected, digest = stream.read(_DIGEST_BYTES), hashlib.sha256()
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
        if digest.digest() != expected:
            return None
        stream.seek(_DIGEST_BYTES)
        try:
            loaded: dict[str, Any] = torch.load(stream, map_location="cpu", weights_only=True)
        except (UnpicklingError, RuntimeError, EOFError):
            return None
    return loaded


def _size_of(value: Any, where: str) -> int:
    """Count the bytes of all tensors; raises TypeError for what a weights-only reader would refuse later."""
    if isinstance(value, Tensor):
        return value.nbytes
    if isinstance(value, Mapping):
        return sum(_size_of(part, f"{where}.{name}") for name, part in value.items())
    if isinstance(value, list | tuple):
        return sum(_size_of(part, f"{where}.{number}") for number, part in enumerate(value))
    if value is None or type(value) in (bool, int, float, str):
        return 0
    raise TypeError(f"{where} is a {type(value).__name__}: a checkpoint holds tensors and plain values alone")
