"""The state of an interrupted training: kept outside DVC under the content of its inputs, removed on success.

DVC deletes a stage's outputs before it runs the stage again, so neither this state nor the best weights so far may
lie among them.
"""

import hashlib
import io
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from rehead.files import sha256_of, write_atomically
from rehead.training.code import code_hashes

_STATE = "state.bin"
_DIGEST_BYTES = 32
_KEPT = 3


class Checkpoint:
    """A folder that holds one training's state and its best detector."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist yet."""
        self.folder = folder
        self.best = folder / "best"
        """Where the best detector so far is saved."""

    @classmethod
    def of_inputs(cls, root: Path, *, inputs: Iterable[Path], plan: dict[str, Any]) -> "Checkpoint":
        """Name the folder after inputs, plan and code: another dataset, rate or version of the loop never resumes it.

        Of the trainings that were abandoned earlier, the three newest are kept.
        """
        for old in sorted(root.glob("*"), key=lambda folder: folder.stat().st_mtime)[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        parts = [*(sha256_of(path) for path in inputs), json.dumps(plan, sort_keys=True), *code_hashes().values()]
        return cls(root / hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16])

    def load(self) -> dict[str, Any] | None:
        """Read the state; None where there is none, or where it is damaged (then training starts over)."""
        path = self.folder / _STATE
        if not path.is_file():
            return None
        data = path.read_bytes()
        if hashlib.sha256(data[_DIGEST_BYTES:]).digest() != data[:_DIGEST_BYTES]:
            return None
        loaded: dict[str, Any] = torch.load(io.BytesIO(data[_DIGEST_BYTES:]), map_location="cpu", weights_only=True)
        return loaded

    def save(self, state: dict[str, Any]) -> None:
        """Write the state atomically behind its own hash; torch would load a damaged one without a word."""
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomically(self.folder / _STATE, hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())

    def remove(self) -> None:
        """Delete the folder: the training has succeeded."""
        shutil.rmtree(self.folder, ignore_errors=True)
