"""One run in MLflow as a context manager. Training goes on whatever becomes of the tracking server."""

import math
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rehead.tracking.connection import StoreRefusal, StoreUnavailable, bounded_requests, open_client, silence_of
from rehead.tracking.delivery import PROCESS_TAG, Event, Opening, deliver, end_orphaned_runs, open_run
from rehead.tracking.lineage import lineage_tags, process_tag
from rehead.tracking.spool import Spool, spool_folder, upload_spooled
from rehead.tracking.store import experiment_name, project_root, tracking_uri

_MAX_TAG = 1000  # characters of an error's message that are kept


class RunLog:
    """What a run writes. Until the store fails it goes there; from then on into the spool file of this run.

    Somebody may delete the run while it is written; that is borne like an outage.
    """

    def __init__(self, opening: Opening, *, uri: str, spool: Path) -> None:
        """Begin a run in the store `uri`, or in the folder `spool` if the store is away."""
        self.run_id: str | None = opening.run_id
        self._opening, self._uri, self._folder = opening, uri, spool
        self._client: Any = None
        self._spool: Spool | None = None
        try:
            self._open()
        except (StoreUnavailable, StoreRefusal) as reason:
            self._go_on_without_store(reason)

    def metrics(self, values: Mapping[str, float], *, step: int = 0) -> None:
        """Log numbers of one step; raises ValueError for one that is not finite (MLflow would keep it as 1.8e308)."""
        self.series([(name, value, step) for name, value in values.items()])

    def series(self, points: Sequence[tuple[str, float, int]]) -> None:
        """Log (name, value, step) points in one request; raises ValueError if any is not finite."""
        numbers = [(name, float(value), int(step)) for name, value, step in points]
        for name, value, step in numbers:
            if not math.isfinite(value):
                raise ValueError(f"metric {name} is {value} at step {step}: only finite numbers can be compared")
        if numbers:
            self._send(Event("points", numbers))

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters, nested ones under dotted names; raises ValueError if one changes within the run."""
        flat = _flattened(values)
        if flat:
            self._send(Event("params", flat))

    def tags(self, values: Mapping[str, object]) -> None:
        """Set tags; a later value takes the place of an earlier one."""
        self._send(Event("tags", {name: str(value) for name, value in values.items()}))

    def dataset(self, split: str, fingerprint: str, *, source: Path) -> None:
        """Note a split that the run learned from or is scored on: MLflow lists it beside the numbers."""
        self._send(Event("dataset", {"split": split, "fingerprint": fingerprint, "source": str(source)}))

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Keep a file, or what a folder holds, with the run; raises FileNotFoundError if it is not there."""
        if not path.exists():
            raise FileNotFoundError(f"artifact {path} does not exist")
        self._send(Event("artifact", {"path": str(path), "folder": folder}))

    def end(self, status: str) -> None:
        """End the run as FINISHED, FAILED or KILLED, and try once to send what was spooled."""
        self._send(Event("end", status))
        if self._spool is None:
            return
        self._spool.close()
        try:
            arrived = upload_spooled(uri=self._uri, folder=self._folder)
        except StoreUnavailable:
            return
        self.run_id = next((run.run_id for run in arrived if run.key == self._opening.key), self.run_id)

    def _open(self) -> None:
        silence = silence_of(self._uri)
        if silence is not None:
            raise StoreUnavailable(silence)
        if "mlflow.parentRunId" not in self._opening.tags:
            upload_spooled(uri=self._uri, folder=self._folder)
        client = open_client(self._uri)
        with bounded_requests():
            if "mlflow.parentRunId" not in self._opening.tags:
                end_orphaned_runs(client, self._uri, self._opening.experiment)
            self.run_id = open_run(client, self._uri, self._opening)
        self._client = client

    def _send(self, event: Event) -> None:
        if self._client is not None and self.run_id is not None:
            try:
                with bounded_requests():
                    deliver(self._client, self.run_id, event)
                return
            except (StoreUnavailable, StoreRefusal) as reason:
                if event.kind == "params" and isinstance(reason, StoreRefusal):
                    raise
                self._go_on_without_store(reason)
        assert self._spool is not None
        self._spool.append(event)

    def _go_on_without_store(self, reason: StoreUnavailable | StoreRefusal) -> None:
        self._client = None
        self._spool = Spool(self._folder, replace(self._opening, run_id=self.run_id))
        fault = "is away" if isinstance(reason, StoreUnavailable) else "refuses this run"
        print(
            f"tracking: {self._uri} {fault} ({reason}). The work goes on; this run waits in {self._spool.path} "
            "and is uploaded at its end or by the next run",
            file=sys.stderr,
        )


@contextmanager
def tracked_run(
    name: str,
    *,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | None = None,
    run_id: str | None = None,
    parent_run_id: str | None = None,
) -> Iterator[RunLog]:
    """Track the block as a run with lineage tags; ends FINISHED, FAILED (an error) or KILLED (a signal).

    `run_id` goes on with that run if the store knows it. Leaving by a pruned trial is FINISHED with the tag `pruned`.
    An absent store neither raises nor stalls: the run is kept below data/spool and uploaded later.
    """
    root = project_root()
    opening = Opening(uuid.uuid4().hex, name, experiment_name(), _opening_tags(tags, parent_run_id), run_id)
    log = RunLog(opening, uri=tracking_uri(root), spool=spool_folder(root))
    try:
        log.params(params or {})
        yield log
    except BaseException as error:
        _end_after(error, log)
        raise
    log.end("FINISHED")


def _opening_tags(tags: Mapping[str, object] | None, parent_run_id: str | None) -> dict[str, str]:
    own = {PROCESS_TAG: process_tag(), "mlflow.source.name": sys.argv[0]}
    nested = {"mlflow.parentRunId": parent_run_id} if parent_run_id else {}
    return lineage_tags() | own | nested | {name: str(value) for name, value in (tags or {}).items()}


def _end_after(error: BaseException, log: RunLog) -> None:
    """End a run that an exception leaves. What fails here is told and no more: the exception is what matters."""
    ending, status = _ending(error)
    try:
        if ending:
            log.tags(ending)
        log.end(status)
    except Exception as fault:
        print(f"tracking: the run could not be ended as {status}: {fault}", file=sys.stderr)


def _ending(error: BaseException) -> tuple[dict[str, str], str]:
    """Say how a run ends that an exception leaves: tags to set, and MLflow's status."""
    if type(error).__name__ == "TrialPruned":  # Optuna's; tracking does without Optuna
        return {"pruned": "true"}, "FINISHED"
    if isinstance(error, SystemExit) and error.code in (0, None):
        return {}, "FINISHED"
    if isinstance(error, KeyboardInterrupt | GeneratorExit) or (
        isinstance(error, SystemExit) and error.code in (129, 130, 143)
    ):
        return {}, "KILLED"
    return {"failure": f"{type(error).__name__}: {error}"[:_MAX_TAG]}, "FAILED"


def _flattened(values: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Turn {"train": {"lr": 0.1}} into {"train.lr": "0.1"}."""
    flat: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flattened(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = str(value)
    return flat
