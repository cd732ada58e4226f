"""What one check found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["ok", "warn", "fail", "skipped"]
"""`skipped` was not finished in its time, or needs what another check found missing: it is no success."""


@dataclass(frozen=True)
class Finding:
    """A check's name and outcome, what was measured, and the cure where something is wrong.

    `lines` says more, one line each; `numbers` is what was measured, for JSON.
    """

    name: str
    state: State
    told: str
    cure: str = ""
    lines: tuple[str, ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Write the finding for JSON."""
        return {
            "name": self.name,
            "state": self.state,
            "told": self.told,
            "cure": self.cure,
            "lines": list(self.lines),
            "numbers": dict(self.numbers),
        }


@dataclass(frozen=True)
class Remark:
    """One thing that a check is not content with: how bad it is, what it is, and what to do."""

    state: State
    told: str
    cure: str


def finding_of(
    name: str,
    told: str,
    remarks: list[Remark],
    *,
    lines: tuple[str, ...] = (),
    numbers: Mapping[str, Any] | None = None,
) -> Finding:
    """Put a check's remarks together: the worst gives the state, and all are told, the worst first."""
    order: tuple[State, ...] = ("fail", "warn", "skipped")
    ordered = sorted(remarks, key=lambda remark: order.index(remark.state))
    state: State = ordered[0].state if ordered else "ok"
    said = "; ".join([*(remark.told for remark in ordered), told] if ordered else [told])
    return Finding(name, state, said, "; ".join(remark.cure for remark in ordered if remark.cure), lines, numbers or {})
