"""A model folder whose detector is a stand-in."""

from pathlib import Path

import pytest

from rehead.files import write_json
from rehead.serving.manifest import write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder with a manifest and settings; its weights are one byte."""
    (tmp_path / "artifacts" / "detector").mkdir(parents=True)
    (tmp_path / "artifacts" / "detector" / "weights").write_bytes(b"w")
    write_json(tmp_path / "artifacts" / "serving.json", {"score_threshold": 0.6})
    write_manifest(tmp_path)
    return tmp_path
