"""The declared space, checked against the section whose parameters it names."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol, get_args

import pydantic

from rehead.params import scalar_fields, with_values
from rehead.tuning.plan import Dimension, Scalar

_PREFIX = "train."


class Suggesting(Protocol):
    """The part of an Optuna trial that chooses values."""

    def suggest_float(self, name: str, low: float, high: float, *, step: float | None, log: bool) -> float:
        """Choose a float."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int, log: bool) -> int:
        """Choose an integer."""

    def suggest_categorical(self, name: str, choices: tuple[Scalar, ...]) -> Scalar:
        """Choose from a list."""


@dataclass(frozen=True)
class Axis:
    """One parameter to choose: its full name, its values, and whether they are whole numbers."""

    name: str
    dimension: Dimension
    whole: bool

    def suggest(self, trial: Suggesting) -> Scalar:
        """Let a trial choose."""
        values = self.dimension
        if values.choices is not None:
            return trial.suggest_categorical(self.name, values.choices)
        assert values.low is not None
        assert values.high is not None
        if self.whole:
            return trial.suggest_int(
                self.name, int(values.low), int(values.high), step=int(values.step or 1), log=values.log
            )
        return trial.suggest_float(self.name, values.low, values.high, step=values.step, log=values.log)

    def holds(self, value: object) -> bool:
        """Tell whether the axis could choose this value."""
        values = self.dimension
        if values.choices is not None:
            return value in values.choices
        assert values.low is not None
        assert values.high is not None
        if not isinstance(value, int | float) or not values.low <= value <= values.high:
            return False
        steps = (value - values.low) / values.step if values.step else 0.0
        return abs(steps - round(steps)) < 1e-9


def axes_of(
    space: Mapping[str, Dimension], section: type[pydantic.BaseModel], *, given: pydantic.BaseModel | None = None
) -> tuple[Axis, ...]:
    """Turn the space into axes; raises ValueError with every name or value that `section` would not take.

    `given` is the section as it stands, beside which each value must make sense; without it, the defaults.
    """
    others = given.model_dump() if given else {}
    fields = scalar_fields(section)
    faults: list[str] = []
    axes = []
    for name, dimension in space.items():
        field = fields.get(name.removeprefix(_PREFIX)) if name.startswith(_PREFIX) else None
        if field is None:
            faults.append(_unknown(name, section))
            continue
        axis = Axis(name, dimension, whole=int in (field.annotation, *get_args(field.annotation)))
        faults += _unfit_values(axis, section, others)
        axes.append(axis)
    if faults:
        raise ValueError("\n".join([f"tune.space has {len(faults)} fault(s):", *(f"  {fault}" for fault in faults)]))
    return tuple(axes)


def starting_point(axes: tuple[Axis, ...], section: pydantic.BaseModel) -> dict[str, Scalar] | None:
    """Give the untuned values, so that the study cannot do worse than they; None where the space leaves one out."""
    values = {axis.name: attrgetter(axis.name.removeprefix(_PREFIX))(section) for axis in axes}
    return values if all(axis.holds(values[axis.name]) for axis in axes) else None


def _unfit_values(axis: Axis, section: type[pydantic.BaseModel], others: Mapping[str, Any]) -> list[str]:
    """List the ends or choices of an axis that the section refuses, and why."""
    values: tuple[Any, ...] = axis.dimension.choices or (axis.dimension.low, axis.dimension.high)
    faults = []
    if axis.whole and axis.dimension.choices is None and any(v != int(v) for v in (*values, axis.dimension.step or 1)):
        faults.append(f"tune.space.{axis.name}: low, high and step must be whole numbers")
    for value in values:
        try:
            section.model_validate(with_values(others, {axis.name.removeprefix(_PREFIX): value}))
        except pydantic.ValidationError as error:
            faults += [f"tune.space.{axis.name}: {_refusal(axis, fault)}, got {value!r}" for fault in error.errors()]
    return faults


def _refusal(axis: Axis, fault: Mapping[str, Any]) -> str:
    """Say what is wrong with a value, and with which other parameter it does not go together."""
    where = _PREFIX + ".".join(map(str, fault["loc"]))
    return str(fault["msg"]) if where == axis.name else f"{where} {fault['msg']}"


def _unknown(name: str, section: type[pydantic.BaseModel]) -> str:
    known = [f"{_PREFIX}{key}" for key in scalar_fields(section)]
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.4) or difflib.get_close_matches(
        _PREFIX + name, known, n=1
    )
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"one of {', '.join(known)}"
    return f"tune.space.{name}: only values of the train section can be tuned; {hint}"
