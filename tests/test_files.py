"""Files that are whole or absent."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rehead.files import read_json, replaced_folder, sha256_of, write_atomically, write_json


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"content").hexdigest()


def test_a_file_larger_than_the_reading_chunk_is_hashed_whole(tmp_path: Path) -> None:
    content = b"x" * ((1 << 20) + 1)
    (tmp_path / "a").write_bytes(content)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(content).hexdigest()


def folder_with(path: Path, **files: str) -> Path:
    for name, content in files.items():
        target = path / name.replace("__", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    return path


def test_folders_with_the_same_files_have_the_same_hash(tmp_path: Path) -> None:
    first = folder_with(tmp_path / "one", a="1", sub__b="2")
    assert sha256_of(first) == sha256_of(folder_with(tmp_path / "two", sub__b="2", a="1"))


@pytest.mark.parametrize("other", [{"a": "2"}, {"b": "1"}, {"a": "1", "b": ""}, {"sub__a": "1"}])
def test_a_folder_that_differs_has_another_hash(tmp_path: Path, other: dict[str, str]) -> None:
    first = folder_with(tmp_path / "one", a="1")
    assert sha256_of(first) != sha256_of(folder_with(tmp_path / "two", **other))


def test_a_change_behind_a_linked_folder_changes_the_hash(tmp_path: Path) -> None:
    pictures, source = folder_with(tmp_path / "elsewhere", a="1"), folder_with(tmp_path / "source", truth="{}")
    (source / "images").symlink_to(pictures)
    before = sha256_of(source)
    (pictures / "a").write_text("2")
    assert sha256_of(source) != before


def test_folders_that_link_to_each_other_are_hashed_once(tmp_path: Path) -> None:
    one, two = folder_with(tmp_path / "one", a="1"), folder_with(tmp_path / "two", b="2")
    (one / "two").symlink_to(two)
    before = sha256_of(one)
    (two / "one").symlink_to(one)
    assert sha256_of(one) == before


def test_bytecode_caches_do_not_count(tmp_path: Path) -> None:
    before = sha256_of(folder_with(tmp_path / "one", a="1"))
    (tmp_path / "one" / "__pycache__").mkdir()
    (tmp_path / "one" / "__pycache__" / "a.pyc").write_text("2")
    assert sha256_of(tmp_path / "one") == before


@pytest.mark.parametrize("data", ["text é", b"bytes \xff"])
def test_what_is_written_can_be_read(tmp_path: Path, data: str | bytes) -> None:
    write_atomically(tmp_path / "deep" / "file", data)
    assert (tmp_path / "deep" / "file").read_bytes() == (data.encode() if isinstance(data, str) else data)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    write_json(tmp_path / "file.json", {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "file.json", {"a": float("nan")})
    assert (read_json(tmp_path / "file.json"), len(list(tmp_path.iterdir()))) == ({"a": 1}, 1)


def test_a_number_that_json_does_not_have_is_told_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"file\.json is not written: "):
        write_json(tmp_path / "file.json", [float("inf")])


def test_a_file_that_is_no_json_is_named_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file.json").write_text('{"a": ')
    with pytest.raises(ValueError, match=r"file\.json is no JSON \(Expecting value: .*\): .*`dvc repro`"):
        read_json(tmp_path / "file.json")


def test_a_json_file_that_is_not_there_is_named_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"^\S*file\.json does not exist: .*`dvc repro`"):
        read_json(tmp_path / "file.json")


def test_a_disk_that_is_full_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    code = (
        "import resource, signal; from pathlib import Path; from rehead.files import write_atomically;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        f"write_atomically(Path({str(tmp_path / 'file')!r}), b'new' * 1000)"
    )
    (tmp_path / "file").write_text("old")
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "File too large" in answer.stderr
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_kill_while_writing_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    code = (
        "from itertools import cycle; from pathlib import Path; from rehead.files import write_atomically;"
        f"[write_atomically(Path({str(path)!r}), letter * 500_000) for letter in cycle('ab')]"
    )
    path.write_text("a" * 500_000)
    with subprocess.Popen([sys.executable, "-c", code]) as writer:
        for _ in range(500):
            if len(list(tmp_path.iterdir())) > 1:  # it is writing now
                break
            time.sleep(0.01)
        writer.kill()
    assert path.read_text() in ("a" * 500_000, "b" * 500_000)


def test_text_beyond_ascii_stays_readable_in_json(tmp_path: Path) -> None:
    write_json(tmp_path / "file.json", {"name": "Birne é"})
    assert json.loads((tmp_path / "file.json").read_bytes()) == {"name": "Birne é"}
    assert "Birne é" in (tmp_path / "file.json").read_text(encoding="utf-8")


def test_a_replaced_folder_holds_the_new_files_alone(tmp_path: Path) -> None:
    folder_with(tmp_path / "out", old="1")
    with replaced_folder(tmp_path / "out") as fresh:
        (fresh / "new").write_text("2")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["out", "out/new"]


def test_a_failed_replacement_leaves_the_old_folder_alone(tmp_path: Path) -> None:
    folder_with(tmp_path / "out", old="1")
    with pytest.raises(RuntimeError), replaced_folder(tmp_path / "out") as fresh:  # noqa: PT012
        (fresh / "new").write_text("2")
        raise RuntimeError
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["out", "out/old"]


def test_a_replaced_folder_is_open_to_others(tmp_path: Path) -> None:
    with replaced_folder(tmp_path / "out"):
        pass
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755


def test_a_replaced_folder_is_on_the_disk_before_it_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = set()

    def note(descriptor: int) -> None:
        synced.add((Path(f"/proc/self/fd/{descriptor}").readlink().name, (tmp_path / "out").exists()))

    monkeypatch.setattr(os, "fsync", note)
    with replaced_folder(tmp_path / "out") as fresh:
        folder_with(fresh, file="1", sub__deep="2")
    assert {("file", False), ("sub", False), ("deep", False)} <= synced


def test_what_a_killed_process_left_of_a_folder_is_removed_by_the_next(tmp_path: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path; from rehead.files import replaced_folder\n"
        f"with replaced_folder(Path({str(tmp_path / 'out')!r})): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    left = len(list(tmp_path.iterdir()))
    with replaced_folder(tmp_path / "out"):
        pass
    assert (left, [path.name for path in tmp_path.iterdir()]) == (1, ["out"])


def test_the_unfinished_folder_of_a_process_that_runs_stays(tmp_path: Path) -> None:
    with replaced_folder(tmp_path / "out") as first:
        with replaced_folder(tmp_path / "out"):
            pass
        assert first.is_dir()


def test_the_temporary_files_of_others_stay(tmp_path: Path) -> None:
    folder_with(tmp_path / ".out.mine.tmp", a="1")
    with replaced_folder(tmp_path / "out"):
        pass
    assert (tmp_path / ".out.mine.tmp" / "a").is_file()
