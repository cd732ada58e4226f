"""What a checkout holds once its pipeline ran: dataset facts, the registration, faults of rejected data."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from rehead.files import read_json
from rehead.params import load_document
from rehead.retraining.policy import DatasetFacts
from rehead.retraining.receipt import Outcome, Receipt


def dataset_facts(checkout: Path) -> DatasetFacts:
    """Read the canonical dataset's fingerprints and count the images that it was made of."""
    splits: dict[str, Any] = read_json(checkout / "data" / "dataset" / "manifest.json")["splits"]
    fingerprint = "+".join(f"{name}:{split['fingerprint']}" for name, split in sorted(splits.items()))
    images = sum(split.get("source_images", split["images"]) for split in splits.values())
    return DatasetFacts(fingerprint=fingerprint, images=images)


def pipeline_outputs(checkout: Path) -> list[str]:
    """List the paths that dvc.yaml's stages write."""
    stages: dict[str, Any] = load_document(checkout / "dvc.yaml").get("stages") or {}
    entries = [
        entry for stage in stages.values() for kind in ("outs", "metrics", "plots") for entry in stage.get(kind, [])
    ]
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]


def ingest_inputs(checkout: Path) -> list[str]:
    """List the paths that dvc.yaml names as dependencies of ingest, without those that params.yaml gives."""
    stages: dict[str, Any] = load_document(checkout / "dvc.yaml").get("stages") or {}
    return [dep for dep in (stages.get("ingest") or {}).get("deps") or [] if "${" not in dep]


def registered(receipt: Receipt, checkout: Path) -> Receipt:
    """Complete a receipt with what the register stage decided."""
    registration = read_json(checkout / "reports" / "registration.json")
    outcome = Outcome.PROMOTED if registration["promoted"] else Outcome.KEPT
    return replace(receipt, outcome=outcome, because=registration["because"], registration=registration)


def failed(receipt: Receipt, checkout: Path, because: str) -> Receipt:
    """Complete a receipt after a failed command; data that ingest rejected are named as the reason."""
    report = checkout / "reports" / "ingest.json"
    faults = read_json(report)["faults"] if receipt.dataset is None and report.is_file() else []
    rejected = [fault for fault in faults if fault["action"] == "reject"]
    if not rejected:
        return replace(receipt, outcome=Outcome.FAILED, because=because)
    first = f"{rejected[0]['code']}: {rejected[0]['message']}"
    return replace(
        receipt, outcome=Outcome.REJECTED, because=f"ingest rejected the data, {len(rejected)} fault(s), first {first}"
    )


def keep_reports(checkout: Path, folder: Path) -> None:
    """Copy the checkout's reports, such as they are, to where they outlive it."""
    reports = checkout / "reports"
    if reports.is_dir():
        shutil.copytree(reports, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".gitignore"))
