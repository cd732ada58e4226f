"""Formats that are not read here, as COCO through Datumaro, where `rehead[formats]` has installed it."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import rehead
from rehead.coco.parts import SourceError
from rehead.coco.scratch import scratch_folder

_PROGRAM = (sys.executable, "-m", "rehead.coco.formats.datumaro_export")
MISSING = (
    "more formats, such as CVAT and PASCAL VOC, are read through Datumaro: "
    "uv pip install --python .venv/bin/python -e '.[formats]'"
)


def program() -> Sequence[str] | None:
    """Name the program that exports; None where Datumaro is not installed."""
    return _PROGRAM if importlib.util.find_spec("datumaro") is not None else None


@contextmanager
def exported(path: Path, command: Sequence[str]) -> Iterator[Path | None]:
    """Export a dataset as COCO into a temporary folder that goes with the block; None if its format is not known.

    Raises SourceError if it cannot be read.
    `command` is called with the dataset and the folder to make; its last line of output is JSON {format, error}.
    """
    with scratch_folder("rehead-exported-") as folder:
        print("reading it through Datumaro", file=sys.stderr, flush=True)
        paths = [str(Path(rehead.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        done = subprocess.run(
            [*command, str(path), str(folder / "coco")],
            capture_output=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
            text=True,
            errors="replace",
            check=False,
        )
        told = _last_line(done.stdout)
        if done.returncode != 0 or told is None:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise SourceError(
                f"{path}: Datumaro ended with exit code {done.returncode} while reading it ({last}); export it as COCO"
            )
        if told["error"] is not None:
            raise SourceError(f"{path} cannot be read through Datumaro: {told['error']}")
        yield None if told["format"] is None else folder / "coco"


def _last_line(text: str) -> dict[str, Any] | None:
    """Read the last line of a program's output as JSON; importers may chat before it."""
    with suppress(ValueError, IndexError):
        told = json.loads(text.splitlines()[-1])
        return told if type(told) is dict else None
    return None
