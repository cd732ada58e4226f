"""The receipt of one cycle: what it worked on, how it ended and why, as JSON under data/retraining/."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rehead.files import read_json, write_json
from rehead.retraining.policy import DatasetFacts, Past


class Outcome(StrEnum):
    """How a cycle ended."""

    PROMOTED = "promoted"
    KEPT = "kept"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    TIMED_OUT = "timed out"
    FAILED = "failed"

    @property
    def exit_code(self) -> int:
        """Give the code that a scheduler sees: 0 done, 65 rejected data, 124 out of time, 1 anything else."""
        return {"rejected": 65, "timed out": 124, "failed": 1}.get(self.value, 0)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """One cycle. `number` only grows, so order does not hang on the clock; times are UTC in ISO 8601."""

    number: int
    outcome: Outcome
    because: str
    commit: str
    dataset: DatasetFacts | None
    registration: dict[str, Any] | None
    started: str
    seconds: float
    log: str


def write_receipt(folder: Path, receipt: Receipt) -> Path:
    """Write `<number>.json` into the folder and return its path."""
    path = folder / f"{receipt.number:06d}.json"
    write_json(path, asdict(receipt) | {"exit_code": receipt.outcome.exit_code})
    return path


def read_receipts(folder: Path) -> list[Receipt]:
    """Read all receipts, oldest first."""
    return [_parse(read_json(path)) for path in sorted(folder.glob("[0-9]*.json"))]


def last_success(receipts: list[Receipt]) -> Past | None:
    """Find the newest cycle that trained to the end."""
    for receipt in reversed(receipts):
        if receipt.outcome in {Outcome.PROMOTED, Outcome.KEPT}:
            return Past(number=receipt.number, commit=receipt.commit, dataset=receipt.dataset)
    return None


def failures_in_row(receipts: list[Receipt], commit: str, dataset: DatasetFacts) -> int:
    """Count the newest cycles that failed or ran out of time on this very commit and dataset."""
    count = 0
    for receipt in reversed(receipts):
        if receipt.outcome is Outcome.UNCHANGED:
            continue
        failed = receipt.outcome in {Outcome.FAILED, Outcome.TIMED_OUT}
        if not failed or (receipt.commit, receipt.dataset) != (commit, dataset):
            break
        count += 1
    return count


def _parse(raw: dict[str, Any]) -> Receipt:
    dataset = None if raw["dataset"] is None else DatasetFacts(**raw["dataset"])
    rest = {key: value for key, value in raw.items() if key not in {"exit_code", "dataset", "outcome"}}
    return Receipt(outcome=Outcome(raw["outcome"]), dataset=dataset, **rest)
