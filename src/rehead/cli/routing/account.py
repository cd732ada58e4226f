"""What `rehead route` tells: one record for JSON, and the same as text for people."""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from rehead.cli.routing.deciding import Decided
from rehead.cli.routing.evidence import Evidence
from rehead.cli.routing.reasons import Reasoned
from rehead.cli.routing.route import Route
from rehead.cli.routing.starts import Setting

_CLASSES = re.compile(r"^CLASSES = \d+ ")


@dataclass(frozen=True)
class Account:
    """A route, the answers that led to it, the settings to start with; `evidence` and `reasoned` where data was read.

    `source` is its path.
    """

    route: Route
    decided: Decided
    settings: Sequence[Setting]
    source: Path | None = None
    evidence: Evidence | None = None
    reasoned: Reasoned | None = None

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that come next, for the dataset if there is one."""
        place = "PATH" if self.source is None else shlex.quote(str(self.source))
        first: tuple[str, ...] = ()
        if self.evidence is not None and self.evidence.panoptic and self.route.task == "instance":
            first = ("# turn the panoptic labels of things into one mask an object, and go on with those",)
            place = "PATH"
        return (*first, *(command.replace("PATH", place) for command in self.route.next))

    @property
    def code(self) -> tuple[str, ...]:
        """The Python to start with, for as many classes as the dataset has."""
        if self.evidence is None:
            return self.route.start.code
        number = f"CLASSES = {len(self.evidence.classes) + 1} "
        return tuple(_CLASSES.sub(number, line) for line in self.route.start.code)

    def as_dict(self) -> dict[str, Any]:
        """Write it for JSON."""
        start = self.route.start
        return {
            "task": self.route.task,
            "model": start.model,
            "library": start.library,
            "weights": start.weights,
            "why": list(self.route.why),
            "settings": {setting.name: setting.value for setting in self.settings},
            "because": {setting.name: setting.because for setting in self.settings if setting.because},
            "code": list(self.code),
            "covers": self.route.covers,
            "next": list(self.commands),
            "answers": asdict(self.decided.answers),
            "answered_by": self.decided.origins,
            "data_says": {
                **asdict(self.reasoned.answers),
                "because": self.reasoned.because,
                "facts": list(self.reasoned.facts),
            }
            if self.reasoned
            else None,
            "conflicts": list(self.decided.conflicts),
            "source": None if self.source is None else str(self.source),
            "evidence": asdict(self.evidence) if self.evidence else None,
        }

    def lines(self) -> Iterator[str]:
        """Write it for people."""
        start = self.route.start
        yield f"{self.route.task} segmentation: start with {start.model} ({start.library}; weights {start.weights})"
        yield from _block("why", self.route.why)
        if self.evidence is not None and self.reasoned is not None:
            yield from _block(f"the data ({_counts(self.evidence)})", self._reasons(self.reasoned))
        if self.settings:
            yield from _block("for params.yaml", _yaml(self.settings), bullet="  ")
        if self.code:
            yield from _block("in Python", self.code, bullet="  ")
        yield from _block("rehead does", (self.route.covers,))
        yield from _block("next", self.commands, bullet="  ")

    def _reasons(self, reasoned: Reasoned) -> Iterator[str]:
        for name, because in reasoned.because.items():
            if name == "want" and self.decided.origins[name] != "data":
                continue
            yield f"{name} {getattr(reasoned.answers, name)}: {because}"
        if self.route.task == "instance":
            yield from reasoned.facts


def _counts(evidence: Evidence) -> str:
    numbers = ((evidence.images, "image"), (evidence.objects, "object"), (len(evidence.classes), "class"))
    told = [f"{number} {name}{'' if number == 1 else 'es' if name == 'class' else 's'}" for number, name in numbers]
    looked = evidence.outlines
    if looked is not None and looked.objects < evidence.objects:
        told.append(f"outlines of {looked.objects} looked at")
    return ", ".join(told)


def _yaml(settings: Sequence[Setting]) -> Iterator[str]:
    """Write settings as they stand in params.yaml; JSON is YAML."""
    for section, group in groupby(sorted(settings, key=_section), key=_section):
        yield f"{section}:"
        for setting in group:
            value = setting.value if isinstance(setting.value, str) else json.dumps(setting.value)
            entry = f"  {setting.name.partition('.')[2]}: {value}"
            yield f"{entry}  # {setting.because}" if setting.because else entry


def _section(setting: Setting) -> str:
    return setting.name.partition(".")[0]


def _block(title: str, lines: Sequence[str] | Iterator[str], *, bullet: str = "  - ") -> Iterator[str]:
    yield ""
    yield title
    yield from (f"{bullet}{line}" for line in lines)
