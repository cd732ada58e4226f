"""The folder: full, damaged, written to by several processes, and never larger than it may be."""

import os
import resource
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest
import torch

from rehead.detector.trunk import Features
from rehead.feature_cache.entries import packed, rounded
from rehead.feature_cache.store import Store

CAP = 10**9
FEATURES: Features = rounded({"0": torch.arange(300.0).reshape(3, 10, 10)})
SIZE = len(packed(FEATURES))
Opening = Callable[..., Store]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def opened(tmp_path: Path, told: list[str]) -> Opening:
    def open_store(*, key: str = "key", cap: int = CAP, reserve: int = 0) -> Store:
        return Store(tmp_path, key, cap_bytes=cap, reserve_bytes=reserve, tell=told.append)

    return open_store


def age(path: Path, hours: float) -> None:
    then = time.time() - 3600 * hours
    os.utime(path, (then, then))


def total(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*/*"))


def test_an_entry_is_found_again_by_another_store(opened: Opening) -> None:
    opened().write("a", FEATURES)
    found = opened().read("a")
    assert found is not None
    assert torch.equal(found["0"], FEATURES["0"])


def test_an_entry_under_another_key_is_not_found(opened: Opening) -> None:
    opened().write("a", FEATURES)
    other = opened(key="other")
    assert (other.holds("a"), other.read("a")) == (False, None)


def test_a_damaged_entry_is_removed_told_of_once_and_written_anew(
    opened: Opening, told: list[str], tmp_path: Path
) -> None:
    store = opened()
    for name in ("a", "b"):
        store.write(name, FEATURES)
        (tmp_path / "key" / name).write_bytes(b"nonsense")
    assert [store.read("a"), store.read("b")] == [None, None]
    assert len(told) == 1
    assert "key/a is damaged" in told[0]
    store.write("a", FEATURES)
    assert store.read("a") is not None


def test_what_was_not_used_for_longest_makes_room(opened: Opening, tmp_path: Path) -> None:
    before = opened(key="before")
    for hours, name in ((3, "oldest"), (1, "newest"), (2, "middle")):
        before.write(name, FEATURES)
        age(tmp_path / "before" / name, hours)
    opened(cap=3 * SIZE).write("a", FEATURES)
    assert {path.name for path in tmp_path.glob("*/*")} == {"middle", "newest", "a"}


def test_a_folder_whose_entries_all_made_room_stays_for_those_who_are_about_to_write_into_it(
    opened: Opening, tmp_path: Path
) -> None:
    opened(key="before").write("old", FEATURES)
    age(tmp_path / "before" / "old", 1)
    opened(cap=SIZE).write("a", FEATURES)
    assert (tmp_path / "before").is_dir()
    assert {path.name for path in tmp_path.glob("*/*")} == {"a"}


def test_reading_counts_as_use(opened: Opening, tmp_path: Path) -> None:
    before = opened(key="before")
    for name in ("read", "unread"):
        before.write(name, FEATURES)
        age(tmp_path / "before" / name, 2)
    before.read("read")
    opened(cap=2 * SIZE).write("a", FEATURES)
    assert {path.name for path in tmp_path.glob("*/*")} == {"read", "a"}


def test_what_is_in_use_stays_and_what_does_not_fit_is_left_out_in_one_line(
    opened: Opening, told: list[str], tmp_path: Path
) -> None:
    store = opened(cap=2 * SIZE)
    for name in "abcd":
        store.write(name, FEATURES)
    assert {path.name for path in tmp_path.glob("*/*")} == {"a", "b"}
    assert len(told) == 1
    assert "train.feature_cache_gb" in told[0]


def test_two_stores_together_keep_to_the_cap(opened: Opening, tmp_path: Path) -> None:
    stores = [opened(key=key, cap=60 * SIZE) for key in ("one", "two")]
    for number in range(50):
        for store in stores:
            store.write(str(number), FEATURES)
    assert 55 * SIZE < total(tmp_path) <= 60 * SIZE


def test_the_rest_of_the_disk_is_left_to_others(opened: Opening, told: list[str]) -> None:
    store = opened(reserve=1 << 60)
    for name in "ab":
        store.write(name, FEATURES)
    assert not store.holds("a")
    assert len(told) == 1


def test_a_write_that_the_system_refuses_is_told_of_once_and_leaves_nothing(
    opened: Opening, told: list[str], tmp_path: Path
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    store = opened()
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        for name in "ab":
            store.write(name, FEATURES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.glob("*/*")) == []
    assert len(told) == 1
    assert "File too large" in told[0]


def write_often(root: Path) -> None:
    store = Store(root, "key", cap_bytes=CAP, reserve_bytes=0)
    for _ in range(8):
        for name in "abc":
            store.write(name, FEATURES)


def test_processes_that_write_the_same_entries_disturb_neither_each_other_nor_a_reader(
    opened: Opening, told: list[str], tmp_path: Path
) -> None:
    context = get_context("fork")
    writers = [context.Process(target=write_often, args=(tmp_path,)) for _ in range(2)]
    for writer in writers:
        writer.start()
    reader, found = opened(), 0
    while any(writer.is_alive() for writer in writers):
        found += sum(reader.read(name) is not None for name in "abc")
    for writer in writers:
        writer.join()
    assert found
    assert all(reader.read(name) is not None for name in "abc")
    assert ([writer.exitcode for writer in writers], told) == ([0, 0], [])
    assert {path.name for path in tmp_path.glob("*/*")} == {"a", "b", "c"}
