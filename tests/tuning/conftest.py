"""A folder and a storage for studies."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tuning.toy import Opening, opened


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory, where there is one: Optuna syncs to the disk some forty times a trial."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as path:
        yield Path(path)


@pytest.fixture
def opening(folder: Path) -> Opening:
    """Opens the same study each time, as another process would."""
    return lambda: opened(folder)
