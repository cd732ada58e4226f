"""Reading a folder in whatever format it is, in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehead.coco.faults import FaultLog
from rehead.coco.reading import read_source
from rehead.coco.records import Dataset
from rehead.coco.sources import opened_source

Opened = tuple[dict[str, Dataset], FaultLog]


@pytest.fixture
def open_folder(decoder: Any) -> Callable[..., Opened]:
    """Read a folder's splits; with `unseen`, without looking at its images."""

    def _open(path: Path, *, unseen: bool = False) -> Opened:
        log = FaultLog()
        with opened_source(path) as source:
            return read_source(source.unseen() if unseen else source, log, decoder), log

    return _open


@pytest.fixture
def told(open_folder: Any) -> Callable[[Path], list[tuple[str, str]]]:
    """Read a folder and tell the kinds and places of its faults."""

    def _told(path: Path) -> list[tuple[str, str]]:
        _, log = open_folder(path)
        return [(fault.code, fault.where) for fault in log.faults]

    return _told
