"""What a detector with new heads took over from its weights, class by class, and what it did not."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from torch import nn

from rehead.coco.faults import printable
from rehead.detector.plan import ModelPlan
from rehead.detector.sizes import SIZES

_SETTINGS = ("input_size", "max_size", "max_detections", "anchor_sizes", "mask_head", "pooler")
"""What may differ from the weights' own model, which then learns to live with it."""
_LISTED = 8
UNNAMED = "<unnamed {}>"
"""A class of weights that say no names, and a label that COCO never gave out."""
COUNTERS = ".num_batches_tracked"
"""Batch norm's count of batches, which says nothing of what was learned; some weights lack it."""


@dataclass(frozen=True)
class ClassRow:
    """Where the predictors' rows of one class come from; `known_label` is its label in the weights.

    `mean` is a new class beside known ones: its scores are fresh, its box and mask the mean of theirs.
    """

    label: int
    name: str
    start: Literal["carried", "mean", "fresh"]
    known_label: int | None = None


@dataclass(frozen=True)
class Inheritance:
    """The weights, each class's start, what was left behind, and the modules that nothing has trained."""

    source: str
    sha256: str | None = None
    """Of the weights file; None where there is none."""
    classes: tuple[ClassRow, ...] = ()
    dropped: tuple[str, ...] = ()
    """Classes of the weights that the dataset does not have."""
    lookalikes: tuple[tuple[str, str], ...] = ()
    """(new class, class of the weights) that differ in case or blanks alone; they are not taken for the same."""
    fresh: tuple[str, ...] = ()
    """Modules that the weights say nothing of, the largest whole ones."""
    changed: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Setting -> what it `was` in the weights' model and what it `is`."""

    @property
    def carried(self) -> tuple[str, ...]:
        """Name the classes whose rows were carried over."""
        return tuple(row.name for row in self.classes if row.start == "carried")

    def as_dict(self) -> dict[str, Any]:
        """Give plain JSON types."""
        return asdict(self)

    def line(self) -> str:
        """Say it in one line."""
        new = [row for row in self.classes if row.start == "mean"]
        source = "without weights" if self.source == "none" else f"from {self.source}"
        parts = [
            f"{source}: heads for {len(self.classes)} classes and background",
            f"rows kept for {_listed(self.carried)}" if self.carried else "",
            f"new are {_listed([row.name for row in new])}" if new else "",
            f"left behind are {_listed(self.dropped)}" if self.dropped else "",
        ]
        return ", ".join(part for part in parts if part)

    def notes(self) -> list[str]:
        """List what is worth a look, one line each."""
        told = [
            f"{printable(new)!r} and {printable(known)!r} of the weights look alike, but are two classes: rename one "
            "if they are the same, and its rows are kept"
            for new, known in self.lookalikes
        ]
        if self.fresh and self.source != "none":
            told.append(f"the weights hold nothing for {_listed(self.fresh)}, so this starts fresh")
        return told + [
            f"{name} is {both['is']} and was {both['was']} in the weights" for name, both in self.changed.items()
        ]


def inherit(
    plan: ModelPlan,
    classes: Sequence[str],
    *,
    known: Sequence[str] = (),
    fresh: Sequence[str] = (),
    sha256: str | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Inheritance:
    """Compare the dataset's classes with those of the weights; `origin` is the config beside the weights, if any."""
    labels = {name: known.index(name) + 1 for name in known}
    new: Literal["mean", "fresh"] = "mean" if known else "fresh"
    rows = tuple(
        ClassRow(label, name, "carried" if name in labels else new, labels.get(name))
        for label, name in enumerate(classes, start=1)
    )
    alike = {(name, other) for name in classes for other in labels if name not in labels and _key(name) == _key(other)}
    return Inheritance(
        source=plan.weights,
        sha256=sha256,
        classes=rows,
        dropped=tuple(name for name in labels if name not in classes and not name.startswith(UNNAMED[:8])),
        lookalikes=tuple(sorted(alike)),
        fresh=tuple(fresh),
        changed=_changes((origin or {}).get("model"), plan),
    )


def fresh_modules(model: nn.Module, known: Collection[str], *, prefix: str = "") -> Iterator[str]:
    """Name the largest modules that have state, none of which stands in `known`, the names in the weights."""
    for name, child in model.named_children():
        own = [f"{prefix}{name}.{key}" for key in child.state_dict() if not key.endswith(COUNTERS)]
        if own and not any(key in known for key in own):
            yield f"{prefix}{name}"
        else:
            yield from fresh_modules(child, known, prefix=f"{prefix}{name}.")


def _changes(earlier: Mapping[str, Any] | None, plan: ModelPlan) -> dict[str, dict[str, Any]]:
    """Compare settings; one that is not given is the architecture's own."""
    if earlier is None:
        return {}
    before, after = _settings(earlier), _settings(plan.model_dump(mode="json"))
    return {name: {"was": before[name], "is": after[name]} for name in _SETTINGS if before[name] != after[name]}


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    values = ModelPlan().model_dump(mode="json") | dict(given)
    own = SIZES[values["arch"]]
    return values | {
        "input_size": values["input_size"] or own.input_size,
        "anchor_sizes": list(values["anchor_sizes"] or own.anchor_sizes),
    }


def _key(name: str) -> str:
    return "".join(name.split()).casefold()


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:_LISTED])
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED} more"
