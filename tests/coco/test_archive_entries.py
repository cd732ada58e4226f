"""What could do harm in an archive: names that lead outside or collide, links, devices, headers of gigabytes."""

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rehead.coco.checking import check_dataset
from rehead.coco.sources import SourceError, opened_source
from tests.coco.packing import write_tar, write_zip


def _link(kind: bytes, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo("images/1.png")
    info.type, info.linkname = kind, target
    return info


def _zip_link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("images/1.png")
    info.external_attr = 0o120777 << 16
    return info


def _codes(path: Path) -> list[str]:
    return list(check_dataset(path).fault_counts)


UNSAFE_NAMES = {
    "climbing": ("../outside.json", r"climbs"),
    "climbing inside": ("a/../../outside.json", r"climbs"),
    "absolute": ("/tmp/outside.json", r"absolute"),
    "a drive": ("C:/outside.json", r"drive letter"),
    "backslashes": ("..\\outside.json", r"backslash"),
    "long": ("a" * 300, r"too long"),
}


@pytest.mark.parametrize("case", UNSAFE_NAMES)
@pytest.mark.parametrize("suffix", [".zip", ".tar"])
def test_a_name_that_leads_outside_is_refused(case: str, suffix: str, tmp_path: Path) -> None:
    name, message = UNSAFE_NAMES[case]
    path = (write_zip if suffix == ".zip" else write_tar)(tmp_path / f"a{suffix}", "annotations.json", name)
    with pytest.raises(SourceError, match=message):
        opened_source(path).__enter__()
    assert not (tmp_path / "outside.json").exists()


UNSAFE_ENTRIES: dict[str, Callable[[Path], Path]] = {
    "a symbolic link in a tar": lambda f: write_tar(f / "a.tar", _link(tarfile.SYMTYPE, "/etc/passwd")),
    "a hard link": lambda f: write_tar(f / "a.tar", "x", _link(tarfile.LNKTYPE, "x")),
    "a device": lambda f: write_tar(f / "a.tar", _link(tarfile.CHRTYPE, "")),
    "a pipe": lambda f: write_tar(f / "a.tar", _link(tarfile.FIFOTYPE, "")),
    "a symbolic link in a zip": lambda f: write_zip(f / "a.zip", _zip_link()),
    "names that differ by case": lambda f: write_zip(f / "a.zip", "images/a.png", "images/A.png"),
    "a file with a file in it": lambda f: write_zip(f / "a.zip", "a", "a/b"),
    "a folder that is a file": lambda f: write_zip(f / "a.zip", "a/b", "a"),
    "names in two Unicode forms": lambda f: write_zip(f / "a.zip", "\u00e9.png", "e\u0301.png"),
}


@pytest.mark.parametrize("case", UNSAFE_ENTRIES)
def test_an_entry_that_is_no_plain_file_of_its_own_is_refused(case: str, tmp_path: Path) -> None:
    assert _codes(UNSAFE_ENTRIES[case](tmp_path)) == ["archive-unsafe"]


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_name_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="in the archive twice"):
        opened_source(write_zip(tmp_path / "a.zip", "x.json", "x.json")).__enter__()


def test_a_sparse_file_is_refused_however_large_it_claims_to_be(tmp_path: Path) -> None:
    info = tarfile.TarInfo("images/1.png")
    info.type = tarfile.GNUTYPE_SPARSE
    assert "archive-unsafe" in _codes(write_tar(tmp_path / "a.tar", info))


def test_all_unsafe_entries_are_told_at_once(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", "../a", "/b", "fine.json", _zip_link())
    assert check_dataset(path).fault_counts == {"archive-unsafe": 3}
