"""What a study came to, as it stands in reports/tuning.json."""

from dataclasses import asdict, dataclass, field
from typing import Any

from rehead.tuning.plan import Scalar


@dataclass(frozen=True)
class TrialRecord:
    """One trial: its number, state (complete, pruned, fail), parameters, best mask AP, epochs, why it ended early."""

    number: int
    state: str
    params: dict[str, Scalar]
    mask_AP: float | None  # noqa: N815  the key of the report
    epochs: int
    reason: str | None

    def line(self) -> str:
        """Say in one line how the trial went."""
        params = [f"{name} {_short(value)}" for name, value in self.params.items()]
        score = "no score" if self.mask_AP is None else f"mask AP {self.mask_AP:.3f}"
        why = f" ({self.reason})" if self.reason else ""
        return f"trial {self.number} {self.state}: {score}, {self.epochs} epoch(s), {', '.join(params)}{why}"


@dataclass(frozen=True)
class StudyResult:
    """A study; without arguments, that of no trials, which leaves the parameters as they are.

    `dataset` describes the split that all its scores are on.
    """

    study: str | None = None
    best: dict[str, Scalar] = field(default_factory=dict)
    best_mask_AP: float | None = None  # noqa: N815  the key of the report
    best_trial: int | None = None
    dataset: dict[str, Any] | None = None
    history: tuple[TrialRecord, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give the report, with trials counted by state."""
        states = [record.state for record in self.history]
        counts = {
            "trials": len(states),
            "completed": states.count("complete"),
            "pruned": states.count("pruned"),
            "failed": states.count("fail"),
        }
        return counts | asdict(self) | {"history": [asdict(record) for record in self.history]}


def _short(value: Scalar) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
