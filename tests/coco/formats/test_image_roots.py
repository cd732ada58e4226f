"""The folder that image names start from is the one in which named files exist."""

import json
from pathlib import Path

import pytest

from rehead.coco.formats.image_roots import image_root, image_root_below, peeked_names


def _lay(folder: Path, names: list[str], *files: str) -> Path:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    (folder / "a.json").write_text(json.dumps({"images": [{"file_name": name} for name in names]}))
    return folder / "a.json"


def test_the_folder_of_the_split_wins_where_all_splits_name_their_files_alike(tmp_path: Path) -> None:
    file = _lay(tmp_path, ["1.jpg"], "train/1.jpg", "val/1.jpg")
    assert image_root(file, tmp_path, split="val") == tmp_path / "val"


def test_a_folder_of_any_name_is_found_by_what_it_holds(tmp_path: Path) -> None:
    assert image_root(_lay(tmp_path, ["1.jpg"], "images/2.jpg", "photos/1.jpg")) == tmp_path / "photos"


def test_names_with_folders_start_from_the_folder_around(tmp_path: Path) -> None:
    assert image_root(_lay(tmp_path, ["images/1.jpg"], "images/1.jpg")) == tmp_path


def test_where_no_named_file_exists_the_usual_folder_is_told_of(tmp_path: Path) -> None:
    assert image_root(_lay(tmp_path, ["1.jpg"], "images/other.jpg")) == tmp_path / "images"


@pytest.mark.parametrize("name", ["../1.jpg", "/etc/hostname", "\0", "a" * 5000, "\ud800"])
def test_a_name_that_leads_outside_decides_nothing(name: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    (tmp_path / "1.jpg").touch()
    assert image_root(_lay(inner, [name], "images/2.jpg")) == inner / "images"


def test_the_users_folder_stays_the_users_choice(tmp_path: Path) -> None:
    assert image_root_below(tmp_path / "else", _lay(tmp_path, ["1.jpg"], "images/1.jpg")) == tmp_path / "else"


def test_the_users_folder_may_hold_a_folder_for_each_split(tmp_path: Path) -> None:
    file = _lay(tmp_path, ["1.jpg"], "else/val2017/1.jpg")
    assert image_root_below(tmp_path / "else", file, split="val") == tmp_path / "else" / "val2017"


def test_names_are_read_as_json_writes_them(tmp_path: Path) -> None:
    assert peeked_names(_lay(tmp_path, ['é"\\x.jpg', "b.jpg"])) == ['é"\\x.jpg', "b.jpg"]


@pytest.mark.parametrize("content", [b"", b'"file_name": "never ends' + b"a" * 100_000, b"\xff\xfe"])
def test_what_is_no_json_has_no_names(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    assert peeked_names(tmp_path / "a.json") == []
