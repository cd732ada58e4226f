"""One retraining cycle: the committed pipeline in a clean checkout, under a lock and a time limit, with a receipt."""

import os
import shutil
import sys
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rehead.files import held_lock
from rehead.params import ParamsError, load_document, read_params
from rehead.retraining.checkout import clean_checkout, share_data, share_outside
from rehead.retraining.findings import dataset_facts, failed, ingest_inputs, keep_reports, pipeline_outputs, registered
from rehead.retraining.policy import Decision, Facts, RetrainPlan, decide
from rehead.retraining.receipt import (
    Outcome,
    Receipt,
    failures_in_row,
    last_success,
    read_receipts,
    write_receipt,
)
from rehead.retraining.supervision import CommandFailed, OutOfTime, Supervisor
from rehead.retraining.watching import unwatched

_DVC = (sys.executable, "-m", "dvc")
_CALLERS_OWN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "DVC_ROOT", "DVC_STAGE")


class AlreadyRunning(Exception):
    """Another cycle holds the lock of this repository."""


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """What a cycle needs: the repository, an absolute address of the tracking store, and the programs to call."""

    repository: Path
    tracking_uri: str
    force: bool = False
    dvc: tuple[str, ...] = _DVC

    @property
    def folder(self) -> Path:
        """Where locks, logs, receipts and reports of cycles lie."""
        return self.repository / "data" / "retraining"

    def run(self) -> Receipt:
        """Run one cycle to its receipt; raises AlreadyRunning, and what a signal raises once that has its receipt."""
        with ExitStack() as stack:
            try:
                stack.enter_context(held_lock(self.folder / "cycle.lock", what="a retraining cycle"))
            except RuntimeError as error:
                raise AlreadyRunning(str(error)) from None
            past = read_receipts(self.folder)
            started = time.monotonic()
            receipt = self._blank(past[-1].number + 1 if past else 1)
            try:
                receipt = self._attempt(past, receipt)
            except (SystemExit, KeyboardInterrupt) as end:
                receipt = replace(receipt, because=f"ended from outside: {end!r}")
                raise
            finally:
                receipt = replace(receipt, seconds=round(time.monotonic() - started, 1))
                write_receipt(self.folder, receipt)
            return receipt

    def _blank(self, number: int) -> Receipt:
        """Begin a receipt and its log."""
        log = self.folder / f"{number:06d}.log"
        log.write_bytes(b"")
        return Receipt(
            number=number,
            outcome=Outcome.FAILED,
            because="",
            commit="",
            dataset=None,
            registration=None,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=0.0,
            log=str(log.relative_to(self.repository)),
        )

    def _attempt(self, past: list[Receipt], receipt: Receipt) -> Receipt:
        """Check out and run; every end of it becomes a receipt."""
        place = self.folder / "work"
        try:
            checkout = clean_checkout(self.repository, place)
            plan = read_params("retrain", RetrainPlan, path=checkout / "params.yaml")
            supervisor = Supervisor(
                folder=checkout,
                environment=self._environment(checkout),
                log=self.repository / receipt.log,
                deadline=time.monotonic() + 60 * plan.minutes,
            )
            receipt = replace(receipt, commit=supervisor.read("git", "rev-parse", "HEAD"))
            receipt = self._train(past, receipt, plan, supervisor)
            keep_reports(checkout, self.folder / f"{receipt.number:06d}")
            return receipt
        except Exception as failure:
            return replace(receipt, outcome=Outcome.FAILED, because=self._told(failure, receipt))
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _train(self, past: list[Receipt], receipt: Receipt, plan: RetrainPlan, supervisor: Supervisor) -> Receipt:
        """Read the data, decide, and run the rest of the pipeline."""
        checkout = supervisor.folder
        try:
            self._bring_inputs(supervisor)
            fault = unwatched(checkout)
            if fault is not None:
                raise CommandFailed(fault)
            supervisor.run(*self.dvc, "repro", "ingest")
            receipt = replace(receipt, dataset=dataset_facts(checkout))
            decision = self._decide(receipt, past, plan)
            if not decision.train:
                return replace(receipt, outcome=Outcome.UNCHANGED, because=decision.because)
            supervisor.run(*self.dvc, "repro")
            return registered(receipt, checkout)
        except OutOfTime as limit:
            return replace(receipt, outcome=Outcome.TIMED_OUT, because=f"{limit} ({plan.minutes:g} minutes)")
        except Exception as failure:
            return failed(receipt, checkout, self._told(failure, receipt))

    def _told(self, failure: Exception, receipt: Receipt) -> str:
        """Say what failed; the traceback of what nobody foresaw goes to the log."""
        if isinstance(failure, CommandFailed | ParamsError):
            return str(failure)
        with (self.repository / receipt.log).open("a", encoding="utf-8") as log:
            traceback.print_exception(failure, file=log)
        return f"{type(failure).__name__}: {failure}; the traceback is in {receipt.log}"

    def _decide(self, receipt: Receipt, past: list[Receipt], plan: RetrainPlan) -> Decision:
        assert receipt.dataset is not None
        if self.force:
            return Decision(True, "forced")
        facts = Facts(
            commit=receipt.commit,
            dataset=receipt.dataset,
            succeeded=last_success(past),
            failed=failures_in_row(past, receipt.commit, receipt.dataset),
        )
        return decide(facts, plan)

    def _bring_inputs(self, supervisor: Supervisor) -> None:
        """Share the DVC cache, link data, and fetch what .dvc files name."""
        checkout = supervisor.folder
        cache = replace(supervisor, folder=self.repository).read(*self.dvc, "cache", "dir")
        supervisor.run(*self.dvc, "cache", "dir", "--local", cache)
        params = load_document(checkout / "params.yaml")
        share_data(self.repository, checkout, outputs=pipeline_outputs(checkout))
        named = [(params.get("data") or {}).get("source"), (params.get("model") or {}).get("weights")]
        named = [*ingest_inputs(checkout), *named]  # a folder before a file in it, which would be linked alone
        share_outside(self.repository, checkout, self.folder / "work", paths=[str(name) for name in named if name])
        tracked = [str(file.relative_to(checkout)) for file in sorted((checkout / "data").glob("*.dvc"))]
        if tracked:
            remote = supervisor.read(*self.dvc, "remote", "list")
            supervisor.run(*self.dvc, "pull" if remote else "checkout", *tracked)

    def _environment(self, checkout: Path) -> dict[str, str]:
        """Let commands find this Python and the checkout's own code, and the real tracking store."""
        kept = {name: value for name, value in os.environ.items() if name not in _CALLERS_OWN}
        path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
        studies = f"sqlite:///{self.repository / 'data' / 'optuna.db'}"
        return (
            {"REHEAD_OPTUNA_STORAGE": studies}
            | kept
            | {
                "PATH": path,
                "PYTHONPATH": str(checkout / "src"),
                "MLFLOW_TRACKING_URI": self.tracking_uri,
                "DVC_NO_ANALYTICS": "true",
            }
        )
