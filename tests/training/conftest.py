"""The drawn dataset's training split."""

from pathlib import Path

import pytest

from rehead.dataset.split import Split, load_split


@pytest.fixture(scope="session")
def drawn(dataset: Path) -> Split:
    """Five drawn training images of 64 pixels."""
    return load_split(dataset, "train")
