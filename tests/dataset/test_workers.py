"""What befalls a worker, provoked for real: processes are killed, hang, and are left by the one that started them."""

import ctypes
import faulthandler
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized

import psutil
import pytest
from torch.utils.data import Dataset, get_worker_info

from rehead.dataset.workers import WorkerError, loaded_batches


@dataclass(frozen=True)
class Numbers(Dataset[int]):
    """Gives each number of an order, after what befalls its worker at one of them."""

    befalls: Callable[[], object] = int
    at: int = -1

    def __getitem__(self, number: int) -> int:
        if number == self.at and get_worker_info():
            self.befalls()
        return number


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def read_nowhere() -> None:
    faulthandler.disable()  # pytest's, which would tell of it at length
    ctypes.string_at(0)


def hang() -> None:
    time.sleep(60)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("at_once", [None, 1])
def test_batches_come_in_the_order_that_was_asked_for(at_once: int | None, workers: int) -> None:
    found = loaded_batches(Numbers(), [3, 1, 2, 0, 4], batch_size=2, workers=workers, at_once=at_once)
    assert list(found) == [[3, 1], [2, 0], [4]]


def test_of_batches_dealt_out_each_comes_even_where_nothing_of_it_is_ours() -> None:
    found = loaded_batches(Numbers(), [3, 1, 2, 0, 4], batch_size=2, workers=0, at_once=1, deal=lambda part: part[1:])
    assert list(found) == [[1], [0], []]


@dataclass(frozen=True)
class Counted(Dataset[int]):
    """Gives the numbers of an order and counts them, in whichever process."""

    loaded: "Synchronized[int]"

    def __getitem__(self, number: int) -> int:
        with self.loaded:
            self.loaded.value += 1
        return number


def test_workers_are_one_batch_ahead_however_many_parts_it_has() -> None:
    counted = Counted(get_context("fork").Value("i"))
    found = loaded_batches(counted, range(64), batch_size=8, workers=1, at_once=1)
    assert next(found) == list(range(8))
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        assert counted.loaded.value <= 16
        time.sleep(0.01)


@pytest.mark.parametrize("befalls", [be_killed, read_nowhere])
def test_a_killed_worker_ends_the_epoch_with_its_likely_causes(befalls: Callable[[], None]) -> None:
    with pytest.raises(WorkerError, match=r"DataLoader worker .*memory.*/dev/shm.*last checkpoint"):
        list(loaded_batches(Numbers(befalls, at=1), range(3), batch_size=1, workers=1))


def test_a_worker_killed_in_the_middle_of_a_step_is_told_in_the_same_words() -> None:
    found = loaded_batches(Numbers(be_killed, at=1), range(9), batch_size=1, workers=1)
    with pytest.raises(WorkerError, match=r"memory.*/dev/shm"):  # noqa: PT012 - the death comes while the step runs
        next(found)
        time.sleep(10)


@pytest.mark.slow  # 6 s, most of it torch's own patience with the hanging worker when it is asked to end
def test_a_worker_that_does_not_answer_is_not_waited_for_without_end() -> None:
    others = set(psutil.Process().children())
    began = time.monotonic()
    with pytest.raises(WorkerError, match=r"timed out after 1 seconds.*share.*train\.workers: 0"):
        list(loaded_batches(Numbers(hang, at=0), [0], batch_size=1, workers=1, patience=1))
    assert time.monotonic() - began < 30
    assert set(psutil.Process().children()) <= others


def test_an_error_of_the_loading_itself_keeps_its_words() -> None:
    def break_down() -> None:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit") as caught:
        list(loaded_batches(Numbers(break_down, at=0), [0], batch_size=1, workers=1))
    assert not isinstance(caught.value, WorkerError)


@pytest.fixture
def family() -> Iterator[tuple[int, list[int]]]:
    """Fork a process that leads a group of its own and has begun an epoch with two workers; gives all their ids."""
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.setpgrp()
        found = loaded_batches(Numbers(), range(10_000), batch_size=1, workers=2)
        next(found)  # from the first worker, the next from the second
        next(found)
        os.write(writer, " ".join(str(child.pid) for child in psutil.Process().children()).encode())
        time.sleep(60)
        os._exit(0)
    yield parent, [int(own) for own in os.read(reader, 100).split()]
    with suppress(ProcessLookupError):
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
    os.close(reader)
    os.close(writer)


@pytest.mark.slow  # 1 s
def test_workers_end_with_the_process_that_started_them_however_it_ends(family: tuple[int, list[int]]) -> None:
    parent, workers = family
    watched = [psutil.Process(own) for own in workers]
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert len(watched) == 2
    assert not psutil.wait_procs(watched, timeout=3)[1]


@pytest.mark.slow  # 1 s
def test_a_signal_to_the_whole_group_is_left_to_the_one_that_started_them(family: tuple[int, list[int]]) -> None:
    parent, workers = family
    os.killpg(parent, signal.SIGSTOP)
    time.sleep(0.2)
    assert psutil.Process(parent).status() == psutil.STATUS_STOPPED
    assert all(psutil.Process(own).status() != psutil.STATUS_STOPPED for own in workers)
