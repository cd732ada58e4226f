"""Archives are unpacked for as long as they are read; what could do harm is refused before any of it is written."""

import json
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehead.coco import archives
from rehead.coco.checking import check_dataset
from rehead.coco.sources import SourceError, opened_source
from tests.coco.packing import TAR_MODES, write_tar, write_zip

Document = dict[str, Any]


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, to see what is left in it."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _codes(path: Path) -> list[str]:
    return list(check_dataset(path).fault_counts)


@pytest.mark.parametrize("suffix", [".zip", *TAR_MODES])
def test_a_packed_dataset_is_found_like_the_folder_it_was(suffix: str, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / f"packed{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as packed:
            for file in (folder / "annotations.json", *(folder / "images").iterdir()):
                packed.write(file, f"wrapped/{file.relative_to(folder)}")
    else:
        with tarfile.open(path, TAR_MODES[suffix]) as tar:  # type: ignore[call-overload]
            tar.add(folder / "annotations.json", "wrapped/annotations.json")
            tar.add(folder / "images", "wrapped/images")
    with opened_source(path) as source:
        part = source.splits["all"][0]
        assert json.loads(part.file.read_bytes())["images"][0]["file_name"] == "1.png"
        assert part.images is not None
        assert sorted(file.name for file in part.images.iterdir()) == ["1.png", "2.png", "3.png"]


def test_nothing_is_left_of_an_archive_once_it_has_been_read(tmp_path: Path, scratch: Path) -> None:
    with opened_source(write_zip(tmp_path / "a.zip", "annotations.json")):
        assert list(scratch.rglob("annotations.json"))
    assert list(scratch.iterdir()) == []


def test_nothing_is_left_of_an_archive_whose_reading_failed(tmp_path: Path, scratch: Path) -> None:
    with pytest.raises(SourceError):
        opened_source(write_zip(tmp_path / "a.zip", "readme.txt")).__enter__()
    assert list(scratch.iterdir()) == []


def test_faults_in_an_archive_name_the_archive(tmp_path: Path) -> None:
    report = check_dataset(write_zip(tmp_path / "a.zip", "annotations.json", data=b"{"))
    assert [fault.file for fault in report.faults] == [str(tmp_path / "a.zip" / "annotations.json")]


def _damaged(path: Path, change: Callable[[bytearray], Any]) -> Path:
    data = bytearray(path.read_bytes())
    changed = change(data)
    path.write_bytes(changed if isinstance(changed, bytes | bytearray) else data)
    return path


DAMAGED: dict[str, Callable[[Path], Path]] = {
    "no archive": lambda f: _damaged(write_zip(f / "a.zip", "x"), lambda data: b"hello"),
    "an empty zip file": lambda f: _damaged(write_zip(f / "a.zip", "x"), lambda data: b""),
    "an empty tar file": lambda f: _damaged(write_tar(f / "a.tar", "x"), lambda data: b""),
    "a zip cut off": lambda f: _damaged(write_zip(f / "a.zip", "x", "y"), lambda data: data[:-30]),
    "a flipped byte in a zip": lambda f: _damaged(
        write_zip(f / "a.zip", "x", data=bytes(range(256))), lambda data: data.__setitem__(80, data[80] ^ 255)
    ),
    "a tar cut off in a file": lambda f: _damaged(
        write_tar(f / "a.tar", "x", data=b"x" * 5000), lambda data: data[:2048]
    ),
    "a tar cut off between files": lambda f: _damaged(write_tar(f / "a.tar", "x", "y"), lambda data: data[:1024]),
    "a tar with a damaged header": lambda f: _damaged(
        write_tar(f / "a.tar", "x", "y"), lambda data: data.__setitem__(1030, 255)
    ),
    "a tar.gz cut off": lambda f: _damaged(write_tar(f / "a.tar.gz", "x", "y"), lambda data: data[:-20]),
    "a tar.xz cut off": lambda f: _damaged(write_tar(f / "a.tar.xz", "x", "y"), lambda data: data[:-20]),
    "text named tar": lambda f: _damaged(write_tar(f / "a.tar", "x"), lambda data: b"hello" * 500),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_archive_is_a_fault(case: str, tmp_path: Path) -> None:
    assert _codes(DAMAGED[case](tmp_path)) == ["archive-damaged"]


def test_an_encrypted_zip_is_a_fault(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", "annotations.json")
    directory = path.read_bytes().index(b"PK\x01\x02")
    _damaged(path, lambda data: (data.__setitem__(6, 1), data.__setitem__(directory + 8, 1))[0])
    assert _codes(path) == ["archive-encrypted"]


def test_a_zip_that_declares_too_little_is_a_fault(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", "annotations.json", data=b"x" * 1000)
    directory = path.read_bytes().index(b"PK\x01\x02")
    _damaged(path, lambda data: data.__setitem__(slice(directory + 24, directory + 28), struct.pack("<I", 10)))
    assert _codes(path) == ["archive-damaged"]


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [("_MOST_ENTRIES", 2, "entries"), ("_MOST_BYTES", 2000, "unpacks to over"), ("_FREE_OF_RATIO", 10, "as bombs do")],
)
@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_an_archive_beyond_a_limit_is_refused_before_it_fills_the_disk(
    limit: str, value: int, message: str, suffix: str, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, limit, value)
    path = (write_zip if suffix == ".zip" else write_tar)(
        tmp_path / f"a{suffix}", "a", "b", "c", data=b"\0" * (1 << 20)
    )
    with pytest.raises(SourceError, match=message) as caught:
        opened_source(path).__enter__()
    assert [code for code, _, _ in caught.value.faults] == ["archive-too-large"]
    assert sum(file.stat().st_size for file in scratch.rglob("*") if file.is_file()) == 0


def test_a_tar_header_of_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 4 << 30
    (tmp_path / "a.tar").write_bytes(info.tobuf() + b"\0" * 10240)
    assert _codes(tmp_path / "a.tar") == ["archive-unsafe"]


def test_what_a_mac_adds_to_an_archive_is_left_out(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", "d/annotations.json", "__MACOSX/d/._annotations.json", "d/.DS_Store")
    with opened_source(path) as source:
        assert source.splits["all"][0].file.name == "annotations.json"


@pytest.mark.parametrize("name", ["a.7z", "a.rar", "a.tar.zst"])
def test_an_archive_of_another_kind_is_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    with pytest.raises(SourceError, match="unpack this one first"):
        opened_source(tmp_path / name).__enter__()
