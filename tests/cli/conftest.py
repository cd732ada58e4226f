"""A project folder, and a dataset in it."""

from pathlib import Path

import pytest

from tests.cli.initialised import PARAMS, PIPELINE, SETTINGS
from tests.cli.squares import write_squares


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder set up for the drawn dataset."""
    monkeypatch.chdir(tmp_path)
    PARAMS.write_text(SETTINGS)
    PIPELINE.write_text("stages:\n  ingest:\n    deps:\n      # - ${data.source}\n      - src\n")
    return tmp_path


@pytest.fixture
def bricks(project: Path) -> Path:
    """A COCO folder of six images of 640 x 480 with three objects of 60 px each."""
    return write_squares(project / "bricks" / "annotations.json").parent
