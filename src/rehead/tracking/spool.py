"""Runs that could not be sent: one file of JSON lines each below data/spool, uploaded when the store is back."""

import fcntl
import json
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from rehead.tracking.connection import StoreRefusal, StoreUnavailable, bounded_requests, open_client, silence_of
from rehead.tracking.delivery import Event, Opening, deliver, open_run
from rehead.tracking.store import project_root, tracking_uri


@dataclass(frozen=True)
class Uploaded:
    """A run that left the spool: our key, and the id that MLflow gave it."""

    key: str
    run_id: str


class Spool:
    """The file of one run. It is locked while this process writes it, so no other uploads half of it."""

    def __init__(self, folder: Path, opening: Opening) -> None:
        """Create `<key>.jsonl` with the run's opening as its first line."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{opening.key}.jsonl"
        self._stream: IO[str] = self.path.open("a", encoding="utf-8")
        fcntl.flock(self._stream, fcntl.LOCK_EX)
        self._write(opening.as_line())
        self._artifacts = 0

    def append(self, event: Event) -> None:
        """Keep an event; a file that it names is copied, since the original may change before the upload."""
        if event.kind == "artifact":
            event = replace(event, body=event.body | {"path": str(self._copy(Path(event.body["path"])))})
        self._write(event.as_line())

    def close(self) -> None:
        """Let others upload the file."""
        self._stream.close()

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()

    def _copy(self, path: Path) -> Path:
        self._artifacts += 1
        target = self.path.with_suffix("") / str(self._artifacts) / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copyfile(path, target)
        return target.resolve()


def spool_folder(root: Path | None = None) -> Path:
    """Name the folder in which runs wait."""
    return (root or project_root()) / "data" / "spool"


def upload_spooled(*, uri: str | None = None, folder: Path | None = None) -> list[Uploaded]:
    """Send every waiting run of a process that has ended or let go of it; returns those that arrived.

    Raises StoreUnavailable when the store is (still) away; what has not arrived stays. A run that the store refuses
    is put aside as `<key>.jsonl.refused`.
    """
    waiting = sorted((folder or spool_folder()).glob("*.jsonl"))
    if not waiting:
        return []
    store = uri or tracking_uri()
    silence = silence_of(store)
    if silence is not None:
        raise StoreUnavailable(silence)
    client = open_client(store)
    arrived = [uploaded for path in waiting if (uploaded := _upload_unlocked(client, store, path))]
    if arrived:
        print(f"tracking: uploaded {len(arrived)} run(s) from {waiting[0].parent} to {store}", file=sys.stderr)
    return arrived


def _upload_unlocked(client: Any, uri: str, path: Path) -> Uploaded | None:
    """Upload one file unless a live process writes it or another uploads it."""
    try:
        with path.open(encoding="utf-8") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not path.exists():  # uploaded while we opened it
                return None
            opening, events = read_spool(stream)
            with bounded_requests():
                run_id = open_run(client, uri, opening)
                for event in events:
                    deliver(client, run_id, event)
            path.unlink()
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
            return Uploaded(opening.key, run_id)
    except (BlockingIOError, FileNotFoundError):
        return None
    except (StoreRefusal, json.JSONDecodeError, IndexError) as error:
        path.replace(path.with_name(path.name + ".refused"))
        print(f"tracking: {path.name} put aside as {path.name}.refused: {error}", file=sys.stderr)
        return None


def read_spool(stream: IO[str]) -> tuple[Opening, list[Event]]:
    """Read a spool file; one that a kill cut short ends as KILLED, and a last line cut in two is left out.

    Raises IndexError or json.JSONDecodeError if not even the opening is whole.
    """
    lines = stream.read().splitlines(keepends=True)
    opening = Opening(**json.loads(lines[0]))
    events = [Event(**json.loads(line)) for line in lines[1:] if line.endswith("\n")]
    if not events or events[-1].kind != "end":
        last = events[-1].time_ms if events else opening.time_ms
        events.append(Event("end", "KILLED", last))
    return opening, events
