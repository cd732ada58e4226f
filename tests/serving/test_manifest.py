"""The manifest tells every change of a model folder."""

from pathlib import Path

import pytest

from rehead.serving.manifest import ManifestError, verify_manifest, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "model.py").write_text("x = 1\n")
    (tmp_path / "weights").write_bytes(b"\0" * 5000)
    write_manifest(tmp_path)
    return tmp_path


def test_an_untouched_folder_passes(folder: Path) -> None:
    verify_manifest(folder)


def test_a_flipped_bit_is_found(folder: Path) -> None:
    data = bytearray((folder / "weights").read_bytes())
    data[4000] ^= 1
    (folder / "weights").write_bytes(bytes(data))
    with pytest.raises(ManifestError, match="weights was changed"):
        verify_manifest(folder)


def test_a_line_added_to_the_code_is_found(folder: Path) -> None:
    (folder / "code" / "model.py").write_text("x = 1\nimport os\n")
    with pytest.raises(ManifestError, match=r"code/model\.py was changed"):
        verify_manifest(folder)


def test_a_file_added_to_the_code_is_found(folder: Path) -> None:
    (folder / "code" / "torch.py").write_text("")
    with pytest.raises(ManifestError, match=r"code/torch\.py was added"):
        verify_manifest(folder)


def test_a_lost_file_is_found(folder: Path) -> None:
    (folder / "weights").unlink()
    with pytest.raises(ManifestError, match="weights is missing"):
        verify_manifest(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "\0\0\0"])
def test_a_damaged_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ManifestError, match=r"manifest\.json is missing or unreadable"):
        verify_manifest(folder)


def test_a_missing_manifest_is_refused(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(ManifestError, match="missing or unreadable"):
        verify_manifest(folder)


def test_bytecode_and_what_mlflow_adds_on_download_are_no_faults(folder: Path) -> None:
    (folder / "code" / "__pycache__").mkdir()
    (folder / "code" / "__pycache__" / "model.cpython-311.pyc").write_bytes(b"x")
    (folder / "registered_model_meta").write_text("model_name: a\n")
    verify_manifest(folder)
