"""Faults of a dataset: what is wrong, where, and what is done about it; all of them in one pass."""

import reprlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rehead.coco.kinds import KINDS, Action
from rehead.coco.policy import chosen_actions

KEPT_OF_A_KIND = 20
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 100
_SHORT.maxlong = 40
_SHORT.maxlevel = 3
_LONGEST = 1000
"""Characters of a message or a path: more is a document's content, not a message."""


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, what is done, the file, the JSON path in it, the value found, the reason and the cure."""

    code: str
    action: Action
    file: str
    where: str
    value: str
    message: str
    fix: str


@dataclass
class FaultLog:
    """Collects faults under a policy: the first twenty of a kind in each file, and the count of all."""

    policy: Mapping[str, Action] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.actions = chosen_actions(self.policy)

    @property
    def rejected(self) -> bool:
        """Say whether any fault makes the dataset unusable."""
        return any(self.actions[code] == "reject" for code, _ in self.counts)

    def add(self, code: str, file: Path | str, where: str, message: str, *, value: Any = None) -> Action:
        """Note a fault and return what is to be done about it."""
        action = self.actions[code]
        self.counts[code, str(file)] += 1
        if self.counts[code, str(file)] <= KEPT_OF_A_KIND:
            shown = "" if value is None else shortened(value)
            told = printable(str(file)), printable(where), shown, printable(message)
            self.faults.append(Fault(code, action, *told, KINDS[code].fix))
        return action

    def of(self, file: Path | str) -> "FileFaults":
        """Bind the log to one file."""
        return FileFaults(self, str(file))

    def totals(self) -> dict[str, int]:
        """Count all faults by kind."""
        totals: Counter[str] = Counter()
        for (code, _), count in self.counts.items():
            totals[code] += count
        return dict(totals)

    def as_dict(self) -> dict[str, Any]:
        """Write the kept faults and all counts for JSON."""
        return {"faults": [asdict(fault) for fault in self.faults], "fault_counts": self.totals()}


@dataclass(frozen=True)
class FileFaults:
    """A log bound to the file whose faults are noted."""

    log: FaultLog
    file: str

    @property
    def rejected(self) -> bool:
        """Say whether a fault in this file makes it unusable."""
        return any(file == self.file and self.log.actions[code] == "reject" for code, file in self.log.counts)

    def add(self, code: str, where: str, message: str, *, value: Any = None) -> Action:
        """Note a fault and return what is to be done about it."""
        return self.log.add(code, self.file, where, message, value=value)

    def keeps(self, code: str, where: str, message: str, *, value: Any = None) -> bool:
        """Note a fault and say whether its record stays, repaired or as it is."""
        return self.add(code, where, message, value=value) in ("repair", "warn")


def printable(text: str) -> str:
    """Escape what could command a terminal, break a line or turn its direction, and cut what is endless."""
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}...{text[-_LONGEST // 2 :]}"
    return shown if shown.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)


def shortened(value: Any) -> str:
    """Show a value in at most some hundred printable characters, however long, deep or strange it is."""
    try:
        return _SHORT.repr(value)[:160]
    except (RecursionError, ValueError):
        return f"<{type(value).__name__}>"
