"""Faults of one part of a source, told by the file that a person can open, line or shape included.

Formats other than COCO become a COCO document in memory, and the strict reader knows of places in that document alone:
`origins` leads from there to the file.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rehead.coco.faults import FileFaults
from rehead.coco.kinds import Action

Origins = Mapping[str, Sequence[str]]
"""By table of a COCO document, where each entry comes from."""
_PLACE = re.compile(r"(images|annotations|categories)\[(\d+)\]")
_MEASURED = frozenset({"bbox-type", "area-missing"})
"""What other formats do not state: boxes and areas are measured from the masks, which is no fault."""


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True)
class PartFaults(FileFaults):
    """A log bound to one part; `told` puts paths into the user's words, `prefix` names a file below the part's."""

    told: Callable[[str], str] = _unchanged
    origins: Origins = field(default_factory=dict)
    prefix: str = ""

    def add(self, code: str, where: str, message: str, *, value: Any = None) -> Action:
        """Note a fault and return what is to be done about it."""
        if self.origins:
            if code in _MEASURED:
                return "repair"
            where = self._origin(where)
        where = f"{self.prefix} {where}".strip()
        return self.log.add(code, self.file, self.told(where), self.told(message), value=value)

    def below(self, name: str) -> "PartFaults":
        """Bind the log to a file below the part's folder."""
        return replace(self, prefix=name)

    def _origin(self, where: str) -> str:
        place = _PLACE.match(where)
        return self.origins[place[1]][int(place[2])] if place else ""
